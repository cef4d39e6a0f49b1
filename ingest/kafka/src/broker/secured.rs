//! A broker that wants TLS and a login, for the tests of both.
//!
//! Its certificate is made by Java's own keytool and signed by itself; its users are fixed when its folder is
//! formatted. Tokens are unsigned: what is tested is how clients present them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::folder::{self, failed};
use super::process::Process;
use super::{Broker, free_port};
use crate::Error;

/// A running broker with a second listener that wants TLS and a login.
pub struct Secured {
    /// The broker; its own address is open to all.
    pub broker: Broker,
    /// `host:port` of the listener that wants TLS and a login.
    pub address: String,
    /// The authority that clients have to trust.
    pub ca_file: PathBuf,
}

impl Secured {
    /// A name that the broker knows.
    pub const USER: &'static str = "alice";
    /// The password of that name.
    pub const PASSWORD: &'static str = "alice-secret";

    /// Starts one.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub fn start() -> Result<Self, Error> {
        let (port, controller, secure) = (free_port()?, free_port()?, free_port()?);
        let mut process = Process::prepare(port, controller)?;
        let folder = process.folder().to_owned();
        let ca_file = certificate(&folder)?;
        let properties = folder.join("server.properties");
        let io = |error: std::io::Error| failed(error.to_string());
        let open = std::fs::read_to_string(&properties).map_err(io)?;
        let open = open.replacen(
            &format!(":{controller}\n"),
            &format!(":{controller},SECURE://127.0.0.1:{secure}\n"),
            1,
        );
        std::fs::write(&properties, open + &logins(&folder)).map_err(io)?;
        format(&folder)?;
        process.start()?;
        let broker = Broker { address: format!("127.0.0.1:{port}"), process: Some(process) };
        Ok(Self { broker, address: format!("127.0.0.1:{secure}"), ca_file })
    }
}

fn logins(folder: &Path) -> String {
    let (user, password) = (Secured::USER, Secured::PASSWORD);
    let security = "org.apache.kafka.common.security";
    let listener = "listener.name.secure";
    format!(
        "\
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
{listener}.plain.sasl.jaas.config={security}.plain.PlainLoginModule required user_{user}=\"{password}\";
{listener}.scram-sha-256.sasl.jaas.config={security}.scram.ScramLoginModule required;
{listener}.scram-sha-512.sasl.jaas.config={security}.scram.ScramLoginModule required;
{listener}.oauthbearer.sasl.jaas.config={security}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"broker\";
ssl.keystore.type=PKCS12
ssl.keystore.location={}
ssl.keystore.password={STORE_PASSWORD}
",
        folder.join("broker.p12").display()
    )
}

const STORE_PASSWORD: &str = "only-for-tests";

fn certificate(folder: &Path) -> Result<PathBuf, Error> {
    let keytool = folder::java().with_file_name("keytool");
    let (store, ca_file) = (folder.join("broker.p12"), folder.join("ca.pem"));
    let common = ["-alias", "broker", "-storetype", "PKCS12", "-storepass", STORE_PASSWORD];
    let new = ["-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "SAN=ip:127.0.0.1"];
    run(Command::new(&keytool).args(new).args(common).arg("-keystore").arg(&store))?;
    let export = ["-exportcert", "-rfc"];
    run(Command::new(&keytool)
        .args(export)
        .args(common)
        .arg("-keystore")
        .arg(&store)
        .arg("-file")
        .arg(&ca_file))?;
    Ok(ca_file)
}

/// Formats the log folder anew, with the users of SCRAM.
fn format(folder: &Path) -> Result<(), Error> {
    let meta = folder.join("log/meta.properties");
    std::fs::remove_file(&meta).map_err(|error| failed(error.to_string()))?;
    let mut command = Command::new(folder::java());
    command.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]);
    if let Some(archive) = folder::archive() {
        command.arg(format!("-XX:SharedArchiveFile={}", archive.display()));
    }
    command.arg("-cp").arg(folder::jars()?.join("*")).arg("kafka.tools.StorageTool");
    command.args(["format", "--cluster-id", "AAAAAAAAAAAAAAAAAAAAAA", "--config"]);
    command.arg(folder.join("server.properties"));
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let login = format!("{mechanism}=[name={},password={}]", Secured::USER, Secured::PASSWORD);
        command.arg("--add-scram").arg(login);
    }
    run(&mut command)
}

fn run(command: &mut Command) -> Result<(), Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Err(error) => Err(failed(format!("{program} could not be run ({error}): run make setup"))),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(failed(format!(
                "{program}: {}: {said}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            )))
        }
    }
}
