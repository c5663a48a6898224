//! Test data: our own records stand in the repository, third-party files outside it. Those absent, the test is skipped and
//! says so; required, that is a failure.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The directory that the variable names, else the one of the repository.
fn directory(variable: &str, default: &str) -> PathBuf {
    let ours = || Path::new(env!("CARGO_MANIFEST_DIR")).join(default);
    std::env::var_os(variable).map_or_else(ours, PathBuf::from)
}

/// As [`directory`], of what may be absent.
fn foreign(variable: &str, default: &str) -> Option<PathBuf> {
    let path = directory(variable, default);
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
pub fn vectors(name: &str) -> Value {
    document(&directory("FAASCMD_TEST_VECTORS", "tests/vectors").join(name))
}

/// Every file of signature vectors for RPC services: `rpc*.json`.
pub fn rpc_vectors() -> Vec<Value> {
    let folder = directory("FAASCMD_TEST_VECTORS", "tests/vectors");
    let entries = folder.read_dir().unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("rpc") && name.ends_with(".json")
    };
    entries.map(|entry| entry.unwrap().path()).filter(named).map(|path| document(&path)).collect()
}

fn document(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The directory of `reg_rw` recordings.
pub fn golden() -> PathBuf {
    directory("FAASCMD_TEST_GOLDEN", "tests/golden/reg_rw")
}

/// The directory of real files: a checkpoint, an xclbin, a bitstream, a .gbs, a package.
pub fn real_files() -> Option<PathBuf> {
    foreign("FAASCMD_TEST_DATA", "../shared/data")
}
