//! `docs/reference/commands.md`: every command and option, as the command line itself knows them; and what commands say of
//! the command line and the configuration to shells and editors.

use clap::CommandFactory;
use clap_markdown::{MarkdownOptions, help_markdown_custom};
use kairos::cli::Cli;

use crate::assert_current;

#[test]
fn commands_are_documented_as_they_are() {
    let options = MarkdownOptions::new()
        .title("Commands".to_owned())
        .show_footer(false)
        .show_table_of_contents(true)
        .show_aliases(true);
    assert_current("reference/commands.md", &help_markdown_custom::<Cli>(&options));
}

#[test]
fn every_command_and_option_says_what_it_does() {
    let mut silent = Vec::new();
    look(&Cli::command(), "kairos", &mut silent);
    assert!(silent.is_empty(), "without a description: {silent:?}");
}

fn printed(args: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_kairos")).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_schema_takes_the_configuration_in_force_and_no_typo() {
    let schema = serde_json::from_str(&printed(&["config", "schema"])).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut shown: toml::Table = toml::from_str(&printed(&["config", "show"])).unwrap();
    let refused = |table: &toml::Table| {
        let value = serde_json::to_value(table).unwrap();
        schema.iter_errors(&value).map(|error| error.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(refused(&shown), Vec::<String>::new());
    shown.insert("unit_m".to_owned(), toml::Value::Integer(2_000));
    assert!(refused(&shown).iter().any(|error| error.contains("unit_m")));
}

#[test]
fn shells_complete_every_command() {
    let script = printed(&["completions", "bash"]);
    for command in Cli::command().get_subcommands() {
        assert!(script.contains(command.get_name()), "{}", command.get_name());
    }
}

fn look(command: &clap::Command, name: &str, silent: &mut Vec<String>) {
    if command.get_about().is_none() {
        silent.push(name.to_owned());
    }
    let arguments = command.get_arguments().filter(|argument| argument.get_help().is_none());
    silent.extend(arguments.map(|argument| format!("{name} {}", argument.get_id())));
    for inner in command.get_subcommands() {
        look(inner, &format!("{name} {}", inner.get_name()), silent);
    }
}
