//! The JSON Schema of each answer, in `docs/schemas`: every answer that a test reads is held to it.
//!
//! With `FAASCMD_SCHEMAS=write` the files are made from the answers instead, each widened by what it does not allow yet.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// What stands under these keys has names of its own: registers, variables, a service's fields.
const FREE: [&str; 6] = ["answer", "facts", "info", "other", "set", "values"];

/// The types of what was never there: it may be anything when it is.
const ANY: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Holds a document to the schema that it names.
#[track_caller]
pub fn hold(document: &Value) {
    let Some(name) = document["schema"].as_str() else { return };
    let path = path_of(name);
    if std::env::var("FAASCMD_SCHEMAS").is_ok_and(|what| what == "write") {
        return widen(&path, name, document);
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let schema: Value = serde_json::from_str(&text).unwrap();
    let wrong = differences(&schema, document, "");
    assert!(wrong.is_empty(), "{name} is not as {} says: {wrong:#?}\n{document:#}", path.display());
}

/// `docs/schemas/faascmd.image.list-1.json`
fn path_of(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
    folder.join(format!("{}.json", name.replace('/', "-")))
}

/// The word that a schema has for the type of a value.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn types(schema: &Value) -> Vec<&str> {
    schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Where the value is not as the schema says.
fn differences(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let (allowed, found) = (types(schema), type_of(value));
    let is_allowed = allowed.contains(&found) || found == "integer" && allowed.contains(&"number");
    if !is_allowed {
        return vec![format!("{at}: {found} is not one of {allowed:?}")];
    }
    match value {
        Value::Array(items) => {
            items.iter().flat_map(|item| differences(&schema["items"], item, &format!("{at}[]"))).collect()
        }
        Value::Object(fields) if schema["additionalProperties"] == false => {
            let known = schema["properties"].as_object().unwrap();
            let required = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str);
            let missing = required
                .filter(|name| !fields.contains_key(*name))
                .map(|name| format!("{at}.{name} is missing"));
            let each = fields.iter().flat_map(|(name, field)| match known.get(name) {
                Some(schema) => differences(schema, field, &format!("{at}.{name}")),
                None => vec![format!("{at}.{name} is not known")],
            });
            missing.chain(each).collect()
        }
        _ => Vec::new(),
    }
}

/// Lets the schema's file allow the document too.
fn widen(path: &PathBuf, name: &str, document: &Value) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file =
        fs::File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap();
    file.lock().unwrap();
    let mut schema: Value = serde_json::from_reader(&file).unwrap_or_else(
        |_| json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": name }),
    );
    widen_by(&mut schema, document, "");
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    writeln!(file, "{}", serde_json::to_string_pretty(&schema).unwrap()).unwrap();
}

fn widen_by(schema: &mut Value, value: &Value, key: &str) {
    let mut allowed: Vec<String> = types(schema).into_iter().map(str::to_owned).collect();
    if allowed == ANY {
        allowed = vec!["null".to_owned()];
    }
    allowed.push(type_of(value).to_owned());
    allowed.sort();
    allowed.dedup();
    if allowed.iter().any(|word| word == "number") {
        allowed.retain(|word| word != "integer");
    }
    schema["type"] = if allowed == ["null"] { json!(ANY) } else { json!(allowed) };
    match value {
        Value::Array(items) => {
            let mut of_items = schema.get("items").cloned().unwrap_or_else(|| json!({}));
            items.iter().for_each(|item| widen_by(&mut of_items, item, key));
            schema["items"] = of_items;
        }
        Value::Object(fields) if !FREE.contains(&key) => widen_object(schema, fields),
        _ => {}
    }
}

fn widen_object(schema: &mut Value, fields: &Map<String, Value>) {
    let names: Vec<&String> = fields.keys().collect();
    let required = match schema["required"].as_array() {
        Some(known) => {
            known.iter().filter(|name| names.iter().any(|other| **name == ***other)).cloned().collect()
        }
        None => names.iter().map(|name| json!(name)).collect::<Vec<_>>(),
    };
    let mut properties = schema["properties"].as_object().cloned().unwrap_or_default();
    for (name, field) in fields {
        widen_by(properties.entry(name.clone()).or_insert_with(|| json!({})), field, name);
    }
    properties.sort_keys();
    let mut required: Vec<Value> = required;
    required.sort_by_key(ToString::to_string);
    schema["properties"] = Value::Object(properties);
    schema["required"] = Value::Array(required);
    schema["additionalProperties"] = json!(false);
}
