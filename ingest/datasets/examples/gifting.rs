//! Simulates a world of gifts, reads it back and says what is in it.
//!
//! `cargo run -p kairos-datasets --example gifting -- DIR [USERS STREAMERS DAYS SEED]`; a DIR that is there already is
//! only read.

use std::error::Error;
use std::path::Path;

use kairos_datasets::Split;
use kairos_datasets::generated::{Shape, World, write_kuailive};
use kairos_datasets::gifting::{Layout, Samples, Sampling, TimeSplit, interactions, kuailive, segments};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: gifting DIR [USERS STREAMERS DAYS SEED]")?;
    let folder = Path::new(&folder);
    let mut number = |default: u32| arguments.next().map_or(Ok(default), |text| text.parse());
    let world = World {
        users: number(5000)?,
        streamers: number(800)?,
        days: number(21)?,
        seed: u64::from(number(0)?),
        ..World::default()
    };
    if !folder.exists() {
        println!("{:#?}", write_kuailive(folder, &world)?);
    }
    match Layout::of(folder)? {
        Layout::Interactions => println!("{:#?}", interactions::read(folder)?.notes),
        Layout::KuaiLive => {
            let records = kuailive::read(folder, &kuailive::Options::default())?;
            println!("{:#?}\n{:#?}", records.notes, Shape::of_records(&records, records.users.len()));
            let split = TimeSplit::by_quantile(&records, 0.7, 0.1);
            for part in [Split::Train, Split::Validation, Split::Test] {
                let samples = Samples::of(&records, &split, part, &Sampling::default());
                let wanted: Vec<_> = samples.samples.iter().map(|one| (one.live, one.time_ms)).collect();
                let segments = segments::read(folder, &records.rooms, &wanted)?;
                let (count, gifts) = (samples.samples.len(), samples.positives);
                println!("{part}: {count} samples, {gifts} with a gift, {} segments", segments.len());
            }
        }
    }
    Ok(())
}
