//! `docs/reference/configuration.md`: every field of the configuration, from the structs that read it.
//!
//! Invariants: descriptions, types and kinds come from the schema, defaults from the configuration without a file; a
//! field without a description is an error.

use std::fmt::Write as _;

use kairos::config::Config;
use serde_json::Value;

use crate::assert_current;
use crate::configuration_types::{Types, description};

#[test]
fn the_configuration_is_documented_as_it_is() {
    let (page, silent) = page();
    assert!(silent.is_empty(), "fields without a description: {silent:?}");
    assert_current("reference/configuration.md", &page);
}

#[test]
fn a_field_without_a_description_is_found() {
    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Inner {
        /// Told.
        told: u32,
        silent: u32,
    }
    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Outer {
        /// A section.
        inner: Inner,
    }
    let schema = schemars::schema_for!(Outer).to_value();
    let mut writer = Writer::new(&schema, Value::Null);
    writer.section(&[], &schema);
    assert_eq!(writer.silent, ["inner.silent"]);
}

#[test]
fn every_variable_of_the_page_reaches_its_field() {
    let (page, _) = page();
    let variables: Vec<&str> =
        page.split('`').filter(|word| word.starts_with("KAIROS_") && !word.contains('=')).collect();
    let load = |variable: Option<&str>| {
        // No field is a list of lists of lists, so whatever is reached refuses it.
        Config::load(None, variable.into_iter().map(|variable| (variable.to_owned(), "[[[]]]".to_owned())))
    };
    assert!(load(None).is_ok());
    let of_the_file = |variable: &&str| !["KAIROS_CONFIG", "KAIROS_LOG", "KAIROS_LIBCHDB"].contains(variable);
    let ignored: Vec<_> =
        variables.iter().filter(|one| of_the_file(one)).filter(|one| load(Some(one)).is_ok()).collect();
    assert!(variables.len() > 200 && ignored.is_empty(), "of {} ignored: {ignored:?}", variables.len());
}

/// Longest default that is shown.
const LONGEST: usize = 200;

const INTRODUCTION: &str = "# Configuration

<!-- Written by the tests of the crate `kairos` (stream-jobs/tests/docs) from the code; don't edit it here. -->

One TOML file, named by `--config FILE` or `KAIROS_CONFIG`. Every field has a default; unknown fields are errors. The
environment overrides the file: the variable of each field stands beside it, and its value is read as TOML where it can
be (`KAIROS_SCORE__THREADS=2`, `KAIROS_TRAIN__MODEL__DELAYS='[0.0, 10.0]'`), else as text. Fields of lists have none: give
the whole list.

```
kairos config check      # is the file right? names the line and the field
kairos config show       # what is in force, defaults and environment included
kairos config schema     # JSON Schema of the file, for editors
```

`KAIROS_LOG` (a filter such as `kairos=debug`) and `KAIROS_LIBCHDB` (where libchdb lies) are no fields of the file.
";

fn page() -> (String, Vec<String>) {
    let schema = schemars::schema_for!(Config).to_value();
    let defaults = serde_json::to_value(toml::Value::try_from(Config::default()).unwrap()).unwrap();
    let mut writer = Writer::new(&schema, defaults);
    writer.section(&[], &schema);
    // A section without fields of its own has no list.
    let page = writer.page.replace("\n\n\n", "\n\n");
    (format!("{INTRODUCTION}{page}"), writer.silent)
}

struct Writer<'a> {
    types: Types<'a>,
    defaults: Value,
    page: String,
    silent: Vec<String>,
}

impl<'a> Writer<'a> {
    fn new(schema: &'a Value, defaults: Value) -> Self {
        Self { types: Types::new(schema), defaults, page: String::new(), silent: Vec::new() }
    }

    /// One table of the file: its plain fields, then the tables inside it, each in order of the alphabet.
    fn section(&mut self, path: &[&str], table: &'a Value) {
        let fields = table["properties"].as_object().into_iter().flatten();
        let is_table = |field: &&Value| self.types.table(field).is_some();
        let (tables, plain): (Vec<_>, Vec<_>) = fields.partition(|(_, field)| is_table(field));
        if path.is_empty() {
            self.page.push_str("\n## Outside sections\n\n");
        }
        for (name, field) in plain {
            self.field(path, name, field, &table["default"]);
        }
        for (name, field) in tables {
            let inner: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
            let about = self.told(&inner, field);
            let (resolved, many) = self.types.table(field).expect("it is a table");
            let full = inner.join(".");
            let heading = if many { format!("[[{full}]]") } else { format!("[{full}]") };
            writeln!(self.page, "\n{} `{heading}`\n\n{about}\n", "#".repeat(inner.len() + 1)).unwrap();
            self.section(&inner, resolved);
        }
    }

    fn field(&mut self, path: &[&str], name: &str, field: &'a Value, defaults_here: &Value) {
        let full: Vec<&str> = path.iter().copied().chain([name]).collect();
        let about = self.told(&full, field);
        let kind = self.types.kind(field);
        let default = self.default(&full, field, defaults_here);
        let mut facts = vec![kind, default];
        facts.extend(self.variable(&full).map(|variable| format!("`{variable}`")));
        writeln!(self.page, "- **`{name}`**: {}. {about}", facts.join("; ")).unwrap();
        for (choice, meaning) in self.types.choices(field) {
            writeln!(self.page, "  - {choice}: {meaning}").unwrap();
        }
    }

    fn told(&mut self, full: &[&str], field: &Value) -> String {
        let told = description(field);
        if told.is_empty() {
            self.silent.push(full.join("."));
        }
        told
    }

    /// Of the whole configuration, which may say otherwise than the struct; inside lists and what is unset, the struct's.
    fn default(&self, full: &[&str], field: &Value, defaults_here: &Value) -> String {
        let of_all = full.iter().try_fold(&self.defaults, |at, name| at.get(name));
        let name = full.last().copied().unwrap_or_default();
        let found = of_all.or_else(|| field.get("default")).or_else(|| defaults_here.get(name));
        match found {
            None | Some(Value::Null) if self.types.is_optional(field) => "unset".to_owned(),
            None | Some(Value::Null) => "must be given".to_owned(),
            Some(Value::Object(map)) if map.len() > 4 => {
                format!("default: {} entries, see `kairos config show`", map.len())
            }
            // A secret, which is never shown, not even that it is empty.
            Some(Value::String(text)) if ["***", "…"].contains(&text.as_str()) => {
                "must be given".to_owned()
            }
            Some(value) => match self.types.literal(field, value) {
                long if long.len() > LONGEST => "default: long, see `kairos config show`".to_owned(),
                short => format!("default `{short}`"),
            },
        }
    }

    /// The variable that overrides it; none inside lists and where a name is none that a shell takes.
    fn variable(&self, full: &[&str]) -> Option<String> {
        let in_list = (1..full.len()).any(|length| self.types.is_list(&full[..length]));
        let name = format!("KAIROS_{}", full.join("__").to_uppercase());
        let fits = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
        (fits && !in_list).then_some(name)
    }
}
