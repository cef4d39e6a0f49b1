//! Where the jars and Java are, and what a broker's folder holds before it starts.
//!
//! The properties make one node that is broker and controller, without waits that only a cluster needs.

use std::path::{Path, PathBuf};

use crate::Error;

const VERSION: &str = "4.1.1";

pub(super) fn failed(reason: impl Into<String>) -> Error {
    let folder = cache().unwrap_or_default();
    Error::TestBroker { folder, reason: reason.into() }
}

/// The folder that `make setup` fills.
fn cache() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let root = set("KAIROS_CACHE")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("kairos")))
        .or_else(|| Some(set("HOME")?.join(".cache/kairos")))?;
    Some(root.join(format!("kafka-{VERSION}")))
}

/// The folder of the jars.
pub(super) fn jars() -> Result<PathBuf, Error> {
    let jars = cache().map(|folder| folder.join("libs")).filter(|libs| libs.is_dir());
    jars.ok_or_else(|| failed("the jars of Apache Kafka are not there: run make setup"))
}

/// The class archive made last; starting with one that does not suit the Java at hand goes without.
pub(super) fn archive() -> Option<PathBuf> {
    let entries = std::fs::read_dir(cache()?).ok()?.flatten().map(|entry| entry.path());
    let archives = entries.filter(|path| path.extension().is_some_and(|extension| extension == "jsa"));
    archives.max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok())
}

/// The Java to run with.
pub(super) fn java() -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty());
    home.map_or_else(|| PathBuf::from("java"), |home| Path::new(&home).join("bin/java"))
}

/// Writes the configuration and marks the log folder as formatted.
pub(super) fn write(folder: &Path, port: u16, controller: u16) -> std::io::Result<()> {
    let log = folder.join("log");
    std::fs::create_dir(&log)?;
    std::fs::write(log.join("meta.properties"), "version=1\nnode.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n")?;
    std::fs::write(folder.join("log4j2.properties"), LOGGING)?;
    let properties = format!(
        "\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
controller.quorum.election.timeout.ms=100
log.dirs={}
auto.create.topics.enable=false
background.threads=2
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.enable=false
message.max.bytes=20000000
num.io.threads=2
num.network.threads=2
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
",
        log.display()
    );
    std::fs::write(folder.join("server.properties"), properties)
}

/// Warnings, and the line that tells that the broker is up.
const LOGGING: &str = "\
rootLogger.level=warn
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1} %m%n
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
";
