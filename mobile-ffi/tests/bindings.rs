//! The facade must come out in both languages of the apps.
#![cfg(test)]

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The library that Cargo built for this test: among the dependencies, since no one asked for it by name.
fn library() -> PathBuf {
    let name = format!("{DLL_PREFIX}teranga_mobile_ffi{DLL_SUFFIX}");
    Path::new(env!("CARGO_BIN_EXE_uniffi-bindgen"))
        .with_file_name("deps")
        .join(name)
}

fn bindings(language: &str, file: &str) -> String {
    let out = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_uniffi-bindgen"))
        .args(["generate", "--no-format", "--language", language, "--out-dir"])
        .arg(out.path())
        .arg(library())
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::read_to_string(out.path().join(file)).unwrap()
}

#[test]
fn kotlin_and_swift_get_the_functions_and_the_error() {
    let kotlin = bindings("kotlin", "uniffi/teranga_mobile_ffi/teranga_mobile_ffi.kt");
    let swift = bindings("swift", "teranga_mobile_ffi.swift");
    for name in [
        "parseMpiId",
        "checkMpiId",
        "countries",
        "findCountry",
        "MPI_ID_EXPECTED_DIGIT",
        "interface PlatformKeystore",
        "interface SyncObserver",
        "open class Engine",
        "suspend fun `unlock`",
        "fun `scanFrame`",
    ] {
        assert!(kotlin.contains(name), "{name}");
    }
    for name in [
        "func parseMpiId",
        "func checkMpiId",
        "func countries",
        "TerangaError",
        "mpiIdExpectedDigit",
        "protocol PlatformKeystore",
        "open class Engine",
        "func unlock(user: UInt64, pin: String)async throws",
        "func scanFrame",
    ] {
        assert!(swift.contains(name), "{name}");
    }
}
