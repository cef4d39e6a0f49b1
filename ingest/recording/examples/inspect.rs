//! Prints what is understood of chat files: `inspect [--json] FILE...`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = arguments.first().is_some_and(|first| first == "--json");
    if json {
        arguments.remove(0);
    }
    for path in &arguments {
        let inspection = kairos_recording::inspect(Path::new(path))?;
        if json {
            println!("{}", serde_json::to_string_pretty(&inspection)?);
        } else {
            print!("{inspection}");
        }
    }
    Ok(())
}
