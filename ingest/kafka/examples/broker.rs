//! A broker on this machine, to try live rooms without installing one: `cargo run -p kairos-kafka --features test-broker
//! --example broker`. Prints its address and ends with standard input (Ctrl-D) or the process. Nothing of it is kept.

use std::error::Error;
use std::io::Read;

use kairos_kafka::broker::Broker;

fn main() -> Result<(), Box<dyn Error>> {
    let broker = Broker::start()?;
    println!("{}", broker.address());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
