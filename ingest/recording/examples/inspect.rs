//! Prints what is understood of recordings: `inspect [--json] PATH...`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|text| text == "--json");
    for path in &paths {
        let inspection = kairos_recording::inspect(Path::new(path))?;
        if flags.is_empty() {
            print!("{inspection}");
        } else {
            println!("{}", serde_json::to_string_pretty(&inspection)?);
        }
    }
    Ok(())
}
