//! Test data from outside the repository: absent, the test is skipped and says so; required, that is a failure.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The directory that the variable names, else the one beside the repository.
fn directory(variable: &str, default: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(default);
    let path = std::env::var_os(variable).map_or_else(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    let message = format!("skipped: no {} (set {variable})", path.display());
    assert!(std::env::var_os("FAASCMD_TEST_REQUIRE").is_none_or(|v| v != "1"), "{message}");
    println!("{message}");
    note_skipped(&message);
    None
}

/// The closing line of the test command reads what was skipped from this file.
fn note_skipped(message: &str) {
    use std::io::Write;
    let Some(path) = std::env::var_os("FAASCMD_TEST_SKIPPED") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{message}").unwrap();
}

/// A file of signature vectors.
pub fn vectors(name: &str) -> Option<Value> {
    Some(document(&directory("FAASCMD_TEST_VECTORS", "shared/vectors")?.join(name)))
}

/// Every file of signature vectors for RPC services: `rpc*.json`.
pub fn rpc_vectors() -> Option<Vec<Value>> {
    let entries = directory("FAASCMD_TEST_VECTORS", "shared/vectors")?.read_dir().unwrap();
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("rpc") && name.ends_with(".json")
    };
    Some(entries.map(|entry| entry.unwrap().path()).filter(named).map(|path| document(&path)).collect())
}

fn document(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The directory of `reg_rw` recordings.
pub fn golden() -> Option<PathBuf> {
    directory("FAASCMD_TEST_GOLDEN", "shared/golden/reg_rw")
}

/// The directory of real files: a checkpoint, an xclbin, a bitstream, a .gbs, a package.
pub fn real_files() -> Option<PathBuf> {
    directory("FAASCMD_TEST_DATA", "shared/data")
}
