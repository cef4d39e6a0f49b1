//! Says what a folder of labelled rooms holds; without a folder, of one that is
//! generated: `cargo run -p kairos-datasets --example describe -- [FOLDER]`.

use std::error::Error;
use std::path::PathBuf;

use kairos_datasets::generated::{KliveSpec, write_klive};
use kairos_datasets::m3::M3Options;
use kairos_datasets::{Modality, open};

fn main() -> Result<(), Box<dyn Error>> {
    let generated = tempfile::tempdir()?;
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let spec = KliveSpec { train_rooms: 40, test_rooms: 10, units: 130, ..KliveSpec::default() };
            write_klive(generated.path(), &KliveSpec { picture_width: 256, text_width: 256, ..spec })?;
            generated.path().to_owned()
        }
    };
    let mut dataset = open(&folder, &M3Options::default())?;
    println!("{}", dataset.layout);
    if let Some(layout) = &dataset.klive {
        println!("{layout}");
    }
    let (mut rooms, mut units, mut labelled, mut widths) = (0, 0, 0, [0; Modality::ALL.len()]);
    for room in dataset.rooms()? {
        let room = room?;
        rooms += 1;
        units += room.units.len();
        labelled += room.units.iter().filter(|unit| unit.label.is_some()).count();
        for (width, modality) in widths.iter_mut().zip(Modality::ALL) {
            let widest = room.units.iter().filter_map(|unit| unit.features(modality)).map(<[f32]>::len).max();
            *width = widest.unwrap_or(0).max(*width);
        }
    }
    println!("{rooms} rooms, {units} units, {labelled} with a label");
    for (width, modality) in widths.into_iter().zip(Modality::ALL).filter(|(width, _)| *width > 0) {
        println!("{}: {width} numbers", modality.name());
    }
    Ok(())
}
