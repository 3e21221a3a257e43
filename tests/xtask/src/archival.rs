//! Printed documents against PDF/A-2b: veraPDF, the reference checker, reads what `teranga render` makes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::run::{Count, cargo, command, counted, root, succeed, target};

/// Names in every script that cards know, and a photo.
const PEOPLE: &str = "\
identifiant;Prénom;Nom;Date de naissance;Sexe;Commune;MPI id;photo
1;Fatoumata;Diallo;14/03/1988;F;Pikine;SN-DKR-26-9XQ7LM2A;photo.jpg
2;محمد;عبد الله;2001;M;Podor;SN-DKR-26-9XQ7LM2D;
3;ߊߡߊߘߎ;ߖߊߟߏ;2001;M;Podor;SN-DKR-26-9XQ7LM2E;
4;አበበ;ቢቂላ;2001;M;Podor;SN-DKR-26-9XQ7LM2F;
5;𞤀𞤥𞤢𞤣𞤵;𞤔𞤢𞤤𞤮;2001;M;Podor;SN-DKR-26-9XQ7LM2G;
";

/// A logo whose colors are see-through.
const LOGO: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='40'>\
    <circle cx='20' cy='20' r='18' fill='#00853f' fill-opacity='0.5'/></svg>";

/// Draws documents of every kind and counts those that veraPDF takes.
pub fn check() -> Result<Count> {
    succeed(&mut cargo(&["build", "--quiet", "--package", "teranga-server"]))?;
    let folder = target().join("archival");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("people.csv"), PEOPLE)?;
    fs::write(folder.join("logo.svg"), LOGO)?;
    fs::copy(
        root().join("server/render/src/logo/gray.jpg"),
        folder.join("photo.jpg"),
    )?;
    teranga(&folder, &["keys", "make", "issuer", "--campaign", "PDFA"])?;
    let mut documents = Vec::new();
    for template in templates()? {
        documents.push(draw(&folder, &template, &[])?);
    }
    documents.push(draw(&folder, "classic", &["--sheet", "a4"])?);
    counted(&mut verapdf(&folder, &documents)?, Count::of_line)
}

/// The names of all templates, in the order of the alphabet.
fn templates() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("server/render/templates"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    ensure!(!names.is_empty(), "no template in server/render/templates");
    names.sort();
    Ok(names)
}

fn draw(folder: &Path, template: &str, more: &[&str]) -> Result<PathBuf> {
    let out = [template, &more.concat()].concat();
    let fixed = [
        "render",
        "--data",
        "people.csv",
        "--campaign",
        "PDFA",
        "--pdf",
        "--logo",
        "logo.svg",
    ];
    let mine = ["--photo-column", "photo", "--template", template, "--out", &out];
    teranga(folder, &[&fixed[..], &mine, more].concat())?;
    Ok(folder.join(out).join("cards.pdf"))
}

fn teranga(folder: &Path, arguments: &[&str]) -> Result<()> {
    let output = program(folder, arguments).output()?;
    ensure!(
        output.status.success(),
        "teranga {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn program(folder: &Path, arguments: &[&str]) -> std::process::Command {
    let mut program = command(target().join("debug/teranga"), arguments);
    program
        .current_dir(folder)
        .env("TERANGA_DATA", folder.join("data"))
        .env_remove("TERANGA_MASTER_KEY")
        .env_remove("TERANGA_MASTER_KEY_FILE");
    program
}

/// The checker, from the packages that tests/peers/pdfa/pom.xml names.
fn verapdf(folder: &Path, documents: &[PathBuf]) -> Result<std::process::Command> {
    let classes = folder.join("classpath.txt");
    let output = format!("-Dmdep.outputFile={}", classes.display());
    let pom = "tests/peers/pdfa/pom.xml";
    succeed(&mut command(
        "mvn",
        &["-q", "-B", "-f", pom, "dependency:build-classpath", &output],
    ))
    .context("Maven has to fetch veraPDF; check the network")?;
    let mut check = command("java", &["-cp", fs::read_to_string(&classes)?.trim()]);
    check.arg("tests/peers/pdfa/Check.java").args(documents);
    Ok(check)
}
