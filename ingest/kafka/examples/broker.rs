//! A broker on this machine, to try live rooms without installing one: `cargo run -p kairos-kafka --features test-broker
//! --example broker`. Prints its address and ends with standard input (Ctrl-D) or the process; a line `kill` there kills
//! it as a power cut would, `restart` brings it back with what it had. Nothing of it is kept.

use std::error::Error;
use std::io::BufRead;

use kairos_kafka::broker::Broker;

fn main() -> Result<(), Box<dyn Error>> {
    let mut broker = Broker::start()?;
    println!("{}", broker.address());
    for line in std::io::stdin().lock().lines() {
        match line?.trim() {
            "kill" => broker.kill()?,
            "restart" => broker.restart()?,
            "" => {}
            other => eprintln!("{other:?} is neither kill nor restart"),
        }
    }
    Ok(())
}
