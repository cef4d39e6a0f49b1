//! JSON Schema told in the words of a TOML file.
//!
//! Invariant: a kind of schema that is not known here fails the test, so that no field is told wrongly.

use serde_json::{Map, Value};

/// A schema and the definitions it refers to.
pub struct Types<'a> {
    schema: &'a Value,
}

impl<'a> Types<'a> {
    pub const fn new(schema: &'a Value) -> Self {
        Self { schema }
    }

    /// The schema without references and without "or nothing".
    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        loop {
            let given = schema["anyOf"].as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(place) = schema["$ref"].as_str() {
                schema =
                    self.schema.pointer(place.trim_start_matches('#')).expect("references lead somewhere");
            } else if let [one, Value::Object(other)] = given
                && other.get("type") == Some(&Value::from("null"))
            {
                schema = one;
            } else {
                return schema;
            }
        }
    }

    /// The table behind a field that is one, and whether there may be many.
    pub fn table(&self, field: &'a Value) -> Option<(&'a Value, bool)> {
        let is_table =
            |schema: &Value| schema["properties"].as_object().is_some_and(|fields| !fields.is_empty());
        let resolved = self.resolve(field);
        if is_table(resolved) {
            return Some((resolved, false));
        }
        let item = self.resolve(&resolved["items"]);
        is_table(item).then_some((item, true))
    }

    /// Whether the field at `path` is a list.
    pub fn is_list(&self, path: &[&str]) -> bool {
        let mut at = self.schema;
        for name in path {
            let resolved = self.resolve(at);
            let table =
                if resolved["items"].is_object() { self.resolve(&resolved["items"]) } else { resolved };
            at = &table["properties"][name];
        }
        kind_name(self.resolve(at)) == "array"
    }

    pub fn is_optional(&self, field: &Value) -> bool {
        let null = Value::from("null");
        let in_types = field["type"].as_array().is_some_and(|types| types.contains(&null));
        in_types || field["anyOf"].as_array().is_some_and(|any| any.iter().any(|one| one["type"] == null))
    }

    /// What may stand there.
    pub fn kind(&self, field: &'a Value) -> String {
        let schema = self.resolve(field);
        if let Some(options) = options(schema) {
            let is_name = |option: &Value| option["const"].is_string() || option["enum"].is_array();
            let texts = if options.iter().all(is_name) {
                "one of the texts below"
            } else {
                "one of the tables below"
            };
            return if schema["format"] == "ip" { "address".to_owned() } else { texts.to_owned() };
        }
        match kind_name(schema) {
            "boolean" => "`true` or `false`".to_owned(),
            "integer" => "whole number".to_owned(),
            "number" => "number".to_owned(),
            "string" => "text".to_owned(),
            "array" => {
                let item = self.kind(&schema["items"]);
                match schema["maxItems"].as_u64() {
                    Some(count) if schema["minItems"] == schema["maxItems"] => {
                        format!("list of {count}, each {item}")
                    }
                    _ => format!("list, each {item}"),
                }
            }
            "object" if schema["additionalProperties"].is_object() => {
                format!("table by name, each {}", self.kind(&schema["additionalProperties"]))
            }
            "object" => "table".to_owned(),
            other => panic!("a kind of schema that the reference does not know: {other}: {schema}"),
        }
    }

    /// The texts or tables to choose from, with their meanings.
    pub fn choices(&self, field: &'a Value) -> Vec<(String, String)> {
        let schema = self.resolve(field);
        let schema = if kind_name(schema) == "array" { self.resolve(&schema["items"]) } else { schema };
        let empty = Map::new();
        let mut choices = Vec::new();
        for option in options(schema).unwrap_or_default() {
            let texts = option["enum"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or(std::slice::from_ref(&option["const"]));
            choices.extend(
                texts
                    .iter()
                    .filter(|text| text.is_string())
                    .map(|text| (format!("`{text}`"), description(option))),
            );
            let fields = option["properties"].as_object().unwrap_or(&empty);
            if !fields.is_empty() {
                let written = fields.iter().map(|(name, field)| match &field["const"] {
                    Value::Null => format!("{name} = …"),
                    value => format!("{name} = {value}"),
                });
                let mut written: Vec<String> = written.collect();
                // The name of the kind first.
                written.sort_by_key(|field| field.ends_with('…'));
                let told =
                    fields.iter().filter(|(_, field)| field["const"].is_null()).map(|(name, field)| {
                        let meaning = description(field);
                        let end = if meaning.is_empty() { String::new() } else { format!(". {meaning}") };
                        let inner = self
                            .choices(field)
                            .iter()
                            .map(|(text, _)| text.clone())
                            .collect::<Vec<_>>()
                            .join(", ");
                        let kind = if inner.is_empty() { self.kind(field) } else { inner };
                        format!(" `{name}`: {kind}{end}")
                    });
                let told: String = told.collect();
                choices.push((
                    format!("`{{ {} }}`", written.join(", ")),
                    format!("{}{told}", description(option)),
                ));
            }
        }
        choices
    }

    /// A value as it would stand in the file.
    pub fn literal(&self, field: &'a Value, value: &Value) -> String {
        let schema = self.resolve(field);
        match value {
            // Single precision, which TOML does not have, would show digits that nobody wrote.
            Value::Number(number) if schema["format"] == "float" => {
                number.as_f64().map_or_else(|| number.to_string(), |number| format!("{:?}", number as f32))
            }
            Value::Array(items) => {
                let items = items.iter().map(|item| self.literal(&schema["items"], item));
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{name} = {value}"));
                let fields = fields.collect::<Vec<_>>().join(", ");
                if fields.is_empty() { "{}".to_owned() } else { format!("{{ {fields} }}") }
            }
            other => other.to_string(),
        }
    }
}

fn options(schema: &Value) -> Option<&[Value]> {
    if schema["enum"].is_array() {
        return Some(std::slice::from_ref(schema));
    }
    schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()).map(Vec::as_slice)
}

fn kind_name(schema: &Value) -> &str {
    let named = schema["type"].as_str();
    let first = || {
        schema["type"]
            .as_array()
            .and_then(|types| types.iter().find_map(|one| one.as_str().filter(|one| *one != "null")))
    };
    named.or_else(first).unwrap_or("nothing")
}

/// What the field's documentation says, in one line; references of rustdoc are names.
pub fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace("[`", "`").replace("`]", "`")
}
