//! What the tests need and a fresh machine lacks: system packages, and Python wheels in environments of their own.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::run::{command, is_installed, root, succeed, target};

/// A program that must be there, the Debian package that brings it, and what for.
const SYSTEM: &[(&str, &str, &str)] = &[
    ("cc", "gcc", "compression, which is C"),
    ("make", "make", "the OpenSSL inside the phone's encrypted store"),
    ("perl", "perl", "the same"),
    ("python3", "python3", "the third-party checks of our formats"),
    ("unzip", "unzip", "a second reader of our archives"),
    ("qpdf", "qpdf", "a second reader of our PDF files"),
    ("mutool", "mupdf-tools", "a third"),
    ("pdftotext", "poppler-utils", "a fourth"),
    ("java", "default-jre-headless", "the checker of archives (PDF/A)"),
    ("mvn", "maven", "the same"),
    (
        "pg_ctlcluster",
        "postgresql",
        "the private PostgreSQL server of the store tests",
    ),
];

/// Installs the system packages that are missing: on Debian as root; elsewhere says what to install.
pub fn install_system_packages() -> Result<()> {
    let missing: Vec<_> = SYSTEM
        .iter()
        .filter(|(program, ..)| !is_installed(program))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|(_, package, _)| *package).collect();
    if !(is_installed("apt-get") && is_root()) {
        let reasons: Vec<String> = missing
            .iter()
            .map(|(program, package, why)| format!("  {program} ({package}): {why}"))
            .collect();
        bail!("install these first, then run again:\n{}", reasons.join("\n"));
    }
    println!("installing {}", packages.join(" "));
    succeed(command("apt-get", &["update", "-qq"]).env("DEBIAN_FRONTEND", "noninteractive"))?;
    succeed(
        command("apt-get", &["install", "-y", "-qq", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// A Python environment under the target folder that holds exactly what a requirements file asks for.
///
/// It is made again when the file changes, and taken as it is otherwise. Returns its `bin` folder.
pub fn python_environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let file = root().join(requirements);
    let wanted = fs::read_to_string(&file).with_context(|| format!("cannot read {requirements}"))?;
    let folder = target().join("tools").join(name);
    let marker = folder.join("installed-requirements.txt");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(folder.join("bin"));
    }
    println!("installing {requirements}");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    let path = folder.to_string_lossy();
    succeed(&mut command("python3", &["-m", "venv", &path]))
        .context("cannot make a Python environment; on Debian: apt-get install python3-venv")?;
    let pip = folder.join("bin/pip");
    succeed(
        command(
            pip,
            &[
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ],
        )
        .arg(&file),
    )?;
    fs::write(&marker, wanted)?;
    Ok(folder.join("bin"))
}

fn is_root() -> bool {
    command("id", &["-u"])
        .output()
        .is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
