//! What the description says of the values that are taken: ranges that the options decide, forms of keys, and each
//! named query with its own parameters.
//!
//! Invariant: a range stated here is one that the request's check refuses values outside of.

use kairos_clickhouse::{NamedQuery, named_queries};
use serde_json::{Value, json};

use super::check::FAR_US;
use super::rooms::LONGEST_CURVE;
use crate::options::ConsoleOptions;

/// Keys and places in lists are unpadded base64 for addresses.
const PACKED: &str = "^[A-Za-z0-9_-]+$";
/// Numbers as JSON lists them.
const LIST: &str = r"^\[(-?[0-9]{1,9}(\.[0-9]{1,9})?(,-?[0-9]{1,9}(\.[0-9]{1,9})?)*)?\]$";
const LISTS: &str = r"^\[(\[-?[0-9]{1,9}(\.[0-9]{1,9})?\](,\[-?[0-9]{1,9}(\.[0-9]{1,9})?\])*)?\]$";
const QUERY: &str = "/api/v1/queries/{name}";

/// Adds what the derived description can't know.
pub(super) fn state(document: &mut Value, options: &ConsoleOptions) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    if let Some(template) = paths.remove(QUERY) {
        for query in named_queries() {
            paths.insert(QUERY.replace("{name}", query.name), own(template.clone(), query));
        }
    }
    for (path, methods) in paths.iter_mut() {
        let operations = methods.as_object_mut().into_iter().flat_map(|methods| methods.values_mut());
        let parameters = operations.filter_map(|operation| operation.get_mut("parameters")?.as_array_mut());
        // Those of named queries say themselves what they take.
        let parameters = parameters.flatten().filter(|_| !path.starts_with("/api/v1/queries/"));
        parameters.for_each(|parameter| bound(path, parameter, options));
    }
}

/// Bounds one parameter of a path.
fn bound(path: &str, parameter: &mut Value, options: &ConsoleOptions) {
    if parameter["in"] == "query"
        && let Some([one, _]) = parameter["schema"]["type"].as_array().map(Vec::as_slice)
    {
        // A parameter that isn't given is left out; it is never the word "null".
        parameter["schema"]["type"] = one.clone();
    }
    let limits = match parameter["name"].as_str().unwrap_or_default() {
        "limit" => json!({ "minimum": 1, "maximum": options.longest_page }),
        "points" => json!({ "minimum": 1, "maximum": options.points }),
        "curve" => json!({ "maximum": LONGEST_CURVE }),
        "from_us" | "to_us" => json!({ "minimum": -FAR_US, "maximum": FAR_US }),
        // The list of rooms goes on behind a room's name.
        "key" | "after" if path != "/api/v1/rooms" => json!({ "pattern": PACKED }),
        _ => return,
    };
    if let (Some(schema), Value::Object(limits)) = (parameter["schema"].as_object_mut(), limits) {
        schema.extend(limits);
    }
}

/// The description of one named query.
fn own(mut path: Value, query: &NamedQuery) -> Value {
    let operation = &mut path["get"];
    operation["operationId"] = json!(format!("query_{}", query.name.replace('-', "_")));
    operation["summary"] = json!(query.description);
    let parameters = query.parameters.iter().map(|parameter| {
        let mut schema = kind(parameter.kind);
        if let Some((least, most)) = parameter.range {
            (schema["minimum"], schema["maximum"]) = (json!(least), json!(most));
        }
        if let Some(default) = parameter.default {
            // Texts are written as they are, all else as JSON writes it.
            schema["default"] = match schema["type"].as_str() {
                Some("string") => json!(default),
                _ => serde_json::from_str(default).unwrap_or_else(|_other| json!(default)),
            };
        }
        json!({
            "name": parameter.name, "in": "query", "required": parameter.default.is_none(),
            "description": parameter.description, "schema": schema,
        })
    });
    operation["parameters"] = parameters.collect();
    path
}

/// A type of ClickHouse as a schema.
fn kind(name: &str) -> Value {
    match name {
        "UInt8" => json!({ "type": "integer", "minimum": 0, "maximum": u8::MAX }),
        "UInt32" => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        "Int64" => json!({ "type": "integer", "format": "int64" }),
        "Float32" | "Float64" => json!({ "type": "number" }),
        "Array(Float32)" => json!({ "type": "string", "pattern": LIST }),
        "Array(Array(Float32))" => json!({ "type": "string", "pattern": LISTS }),
        _ => json!({ "type": "string" }),
    }
}
