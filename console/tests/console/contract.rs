//! The description of the API against what the API answers.

use std::collections::BTreeSet;

use crate::desk::{Desk, EDITOR, guarded};
use kairos_console::ConsoleOptions;
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
    let document = kairos_console::openapi(&ConsoleOptions::default());
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

/// Asks what lies just outside of every stated range, and at its ends.
#[tokio::test]
async fn stated_limits_are_the_ones_that_hold() {
    let desk = Desk::open("console", guarded()).await;
    let document = kairos_console::openapi(&guarded());
    let mut checked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let stream = path.replace("{room}", "mia-bakes").replace("{stream}", "mia-bakes-1122");
        for parameter in methods["get"]["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let kind = &parameter["schema"]["type"];
            assert!(kind.is_string() || parameter["schema"].get("enum").is_some(), "{path} {name}: {kind}");
            let (least, most) = (&parameter["schema"]["minimum"], &parameter["schema"]["maximum"]);
            if path.contains("/queries/") || !["limit", "points", "curve", "from_us", "to_us"].contains(&name)
            {
                continue;
            }
            let most = most.as_i64().unwrap_or_else(|| panic!("{path} {name} has no maximum"));
            let least = least.as_i64().unwrap_or_else(|| panic!("{path} {name} has no minimum"));
            let rest = match path.rsplit('/').next() {
                Some("search") => "&q=clip",
                Some("compare") => "&a=contentctr%404f2a9c&b=kuaihl%4091c07e",
                _ => "",
            };
            let ends = match name {
                // One end alone would lie before or behind the other.
                "from_us" => vec![(least, 200), (least - 1, 400)],
                "to_us" => vec![(most, 200), (most + 1, 400)],
                _ => vec![(least, 200), (least - 1, 400), (most, 200), (most + 1, 400)],
            };
            for (value, status) in ends {
                let at = format!("{stream}?{name}={value}{rest}");
                let token = format!("Bearer {EDITOR}");
                let answer = desk.ask("GET", &at, &[("authorization", token.as_str())], "").await;
                let told: String = answer.text().chars().take(300).collect();
                assert_eq!(answer.status, status, "{at}: {told}");
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "{checked}");
}

#[tokio::test]
async fn every_route_answers_as_described() {
    let desk = Desk::open("console", guarded()).await;
    let document = desk.json("/openapi.json").await;
    assert_eq!(document, kairos_console::openapi(&guarded()));
    let key = desk.first_key().await;
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let mut at = path
                .replace("{room}", "mia-bakes")
                .replace("{stream}", "mia-bakes-1122")
                .replace("{key}", &key)
                .replace("{name}", "rooms");
            let needed = operation["parameters"].as_array().into_iter().flatten();
            let needed = needed.filter(|p| path.contains("/queries/") && p["required"] == true);
            let needed: Vec<&str> = needed.map(|p| p["name"].as_str().unwrap()).collect();
            if !needed.is_empty() {
                at += &format!(
                    "?{}",
                    needed.iter().map(|name| format!("{name}=x")).collect::<Vec<_>>().join("&")
                );
            }
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
