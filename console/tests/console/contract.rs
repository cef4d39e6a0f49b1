//! The description of the API against what the API answers.

use std::collections::BTreeSet;

use crate::desk::{Desk, EDITOR, guarded};
use serde_json::{Value, json};

/// Follows every reference of a document.
fn assert_references(root: &Value, value: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                assert!(root.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
            }
            fields.values().for_each(|value| assert_references(root, value));
        }
        Value::Array(values) => values.iter().for_each(|value| assert_references(root, value)),
        _ => {}
    }
}

#[test]
fn the_description_is_whole() {
    let document = kairos_console::openapi();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_references(&document, &document);
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
            assert!(operation["summary"].is_string(), "{method} {path} says not what it does");
            assert!(operation["responses"].get("200").is_some(), "{method} {path}");
            let placed =
                operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "path");
            let named: Vec<&str> = placed.map(|p| p["name"].as_str().unwrap()).collect();
            assert_eq!(path.matches('{').count(), named.len(), "{path}: {named:?}");
            assert!(named.iter().all(|name| path.contains(&format!("{{{name}}}"))), "{path}: {named:?}");
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let mut whole = schema.clone();
        whole["components"] = document["components"].clone();
        jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn every_route_answers_as_described() {
    let desk = Desk::open("console", guarded()).await;
    let document = desk.json("/openapi.json").await;
    assert_eq!(document, kairos_console::openapi());
    let key = desk.first_key().await;
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let mut at = path
                .replace("{room}", "mia-bakes")
                .replace("{stream}", "mia-bakes-1122")
                .replace("{key}", &key)
                .replace("{name}", "rooms");
            if path.ends_with("/search") {
                at += "?q=clip";
            }
            if path.ends_with("/compare") {
                at += "?a=contentctr%404f2a9c&b=kuaihl%4091c07e";
            }
            // Goes on for ever, and has tests of its own.
            if path.ends_with("/live") {
                continue;
            }
            let token = format!("Bearer {EDITOR}");
            let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
            let body = if method == "put" { r#"{"verdict": "kept"}"# } else { "" };
            let answer = desk.ask(&method.to_uppercase(), &at, &headers, body).await;
            asked += 1;
            if path == "/metrics" {
                answer.assert_problem(404, "not collected");
                continue;
            }
            assert_eq!(answer.status, 200, "{method} {at}: {}", answer.text());
            let described = operation["responses"]["200"]["content"].as_object().unwrap();
            let kind = answer.header("content-type").unwrap();
            let kind = kind.split(';').next().unwrap().to_owned();
            let Some(content) = described.get(&kind) else { panic!("{at}: {kind} is not {described:?}") };
            if kind == "application/json" {
                let mut schema = content["schema"].clone();
                schema["components"] = document["components"].clone();
                let validator = jsonschema::validator_for(&schema).unwrap();
                let errors: Vec<String> = validator
                    .iter_errors(&answer.json())
                    .take(3)
                    .map(|e| format!("{}: {e}", e.instance_path()))
                    .collect();
                assert!(errors.is_empty(), "{at}: {errors:?}");
            }
            let bad = desk.ask(&method.to_uppercase(), &at, &[], body).await;
            let open = matches!(path.as_str(), "/healthz" | "/readyz" | "/openapi.json");
            assert_eq!(bad.status, if open { 200 } else { 401 }, "{at} without a token");
        }
    }
    assert!(asked > 20, "{asked}");
    let refused = desk.get("/api/v1/rooms?limit=x").await;
    let mut schema = document["components"]["schemas"]["Problem"].clone();
    schema["components"] = document["components"].clone();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&refused.json()));
    assert_eq!(refused.json()["type"], json!("about:blank"));
}
