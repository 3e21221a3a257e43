//! `teranga render` as its user runs it, on files that other programs read.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where a command does not do as it says"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use teranga_core::decode::{self, Budget, Frame};
use teranga_server::scan::photo::Photo;

const PEOPLE: &str = "\
identifiant;Prénom;Nom;Date de naissance;Sexe;Commune;MPI id;Date d'inscription
1;Fatoumata;Diallo;14/03/1988;F;Pikine;SN-DKR-26-9XQ7LM2A;14/03/2026
2;Ousmane;Sonko;02/11/1975;M;Thiès;SN-DKR-26-9XQ7LM2B;
3;;;1990;F;Mbour;SN-DKR-26-9XQ7LM2C;
4;Awa;Ndiaye;1990;F;Mbour;SN-DKR-26;
5;محمد;عبد الله;2001;M;Podor;SN-DKR-26-9XQ7LM2D;
";

/// A campaign with its keys, and a folder of files.
struct Campaign(tempfile::TempDir);

impl Campaign {
    fn new(people: &str) -> Self {
        let campaign = Self(tempfile::tempdir().unwrap());
        campaign.succeed(&["keys", "make", "issuer", "--campaign", "POLIO26"]);
        std::fs::write(campaign.path("people.csv"), people).unwrap();
        campaign
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_teranga"));
        command
            .args(arguments)
            .env_remove("TERANGA_MASTER_KEY")
            .env_remove("TERANGA_MASTER_KEY_FILE")
            .env("TERANGA_DATA", self.path("data"))
            .current_dir(self.0.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn render(&self, arguments: &[&str]) -> Output {
        let fixed = ["render", "--data", "people.csv", "--out", "out"];
        self.run(&[&fixed[..], arguments].concat())
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The names of what is in the folder of cards.
    fn made(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("out")).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn table(&self, name: &str) -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        reader
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }
}

const SOVEREIGN: [&str; 4] = ["--template", "sovereign", "--campaign", "POLIO26"];

/// What another party's program says; it must be content.
fn content(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; `cargo xtask test` installs it"));
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The text of the code on a picture.
fn text_on(picture: &Path) -> String {
    let photo = Photo::open(picture).unwrap();
    let found = decode::read(&photo.frame().unwrap(), Budget::PHOTO, None);
    found
        .first()
        .map(|reading| reading.text.clone())
        .unwrap_or_default()
}

#[test]
fn each_row_becomes_a_signed_card_in_every_format_or_is_refused_with_its_line() {
    let campaign = Campaign::new(PEOPLE);
    let output = campaign.render(&[&SOVEREIGN[..], &["--pdf", "--zip", "--png", "--json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["cards"], &report["refused"]["count"]),
        (&3.into(), &2.into())
    );
    assert!(report["read_back"].as_bool().unwrap());
    assert_eq!(
        campaign.made(),
        ["cards", "cards.csv", "cards.pdf", "cards.zip", "refused.csv"]
    );

    let refused = campaign.table("out/refused.csv");
    assert_eq!(refused[0], ["4", "no name"]);
    assert!(
        refused[1][0] == "5" && refused[1][1].contains("MPI id"),
        "{refused:?}"
    );
    assert!(
        !format!("{refused:?}").contains("Ndiaye"),
        "a reason repeats nothing private"
    );

    let records = campaign.table("out/cards.csv");
    let lines: Vec<&str> = records.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(lines, ["2", "3", "6"]);
    campaign.succeed(&["bundle", "build", "--cards", "out/cards.csv", "--out", "bundle"]);
    for at in 1..=3 {
        let text = text_on(&campaign.path(&format!("out/cards/{at:06}-front.png")));
        let verdict = campaign.run(&["verify", "--bundle", "bundle", &text, "--campaign", "POLIO26"]);
        assert_eq!(verdict.status.code(), Some(0), "card {at}: {text}");
    }
    archive_is_whole(&campaign);
    pages_are_read_by_others(&campaign);
}

/// The archive unpacks to what its manifest says and to the very pictures that are files as well.
fn archive_is_whole(campaign: &Campaign) {
    let unpack = "import sys, zipfile; zipfile.ZipFile('out/cards.zip').extractall('unpacked')";
    content("python3", &["-c", unpack], campaign.0.path());
    content(
        "sha256sum",
        &["--check", "--strict", "SHA256SUMS"],
        &campaign.path("unpacked"),
    );
    let table = std::fs::read_to_string(campaign.path("unpacked/cards.csv")).unwrap();
    assert!(
        !table.contains("Diallo") && !table.contains("SN-DKR"),
        "a print shop learns no names"
    );
    for side in ["front", "back"] {
        let name = format!("cards/000002-{side}.png");
        let packed = std::fs::read(campaign.path("unpacked").join(&name)).unwrap();
        assert!(packed == std::fs::read(campaign.path("out").join(&name)).unwrap());
    }
}

fn pages_are_read_by_others(campaign: &Campaign) {
    let folder = campaign.path("out");
    content("qpdf", &["--check", "cards.pdf"], &folder);
    assert!(content("mutool", &["info", "cards.pdf"], &folder).contains("Pages: 6"));
    let text = content("pdftotext", &["cards.pdf", "-"], &folder);
    assert!(
        text.contains("Fatoumata Diallo") && text.contains("SN-DKR-26-9XQ7LM2B"),
        "{text}"
    );
    content(
        "pdftoppm",
        &["-r", "300", "-gray", "-f", "3", "-l", "3", "cards.pdf", "page"],
        &folder,
    );
    let page = std::fs::read(folder.join("page-3.pgm")).unwrap();
    let mut fields = page.splitn(4, u8::is_ascii_whitespace);
    let mut number = || {
        std::str::from_utf8(fields.next().unwrap())
            .unwrap()
            .parse()
            .unwrap_or(0_usize)
    };
    let (_, width, height) = (number(), number(), number());
    let pixels = &page[page.len() - width * height..];
    let found = decode::read(
        &Frame::new(pixels, width, height, width).unwrap(),
        Budget::PHOTO,
        None,
    );
    assert_eq!(
        found[0].text,
        text_on(&folder.join("cards/000002-front.png")),
        "page and picture say the same"
    );
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let campaign = Campaign::new("nom;naissance\nDiallo;1990\n");
    for (arguments, says) in [
        (&["--template", "sovereign"][..], "--campaign"),
        (&["--campaign", "POLIO26"], "with --template:"),
        (&["--template", "baroque", "--campaign", "POLIO26"], "there are"),
        (&SOVEREIGN, "--new-ids"),
        (
            &[
                "--template",
                "sovereign",
                "--campaign",
                "NONE",
                "--new-ids",
                "SN-DKR",
            ],
            "keys make issuer",
        ),
        (
            &[
                "--template",
                "sovereign",
                "--campaign",
                "POLIO26",
                "--new-ids",
                "Dakar",
            ],
            "SN-DKR",
        ),
        (&["--template", "sovereign", "--sheet", "a4"], "--pdf"),
    ] {
        let output = campaign.render(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(2) && said.contains(says),
            "{arguments:?}: {said}"
        );
        assert!(!campaign.path("out/cards.csv").exists());
    }
}

#[test]
fn a_file_of_signed_texts_needs_no_keys_and_sheets_hold_ten_cards() {
    let campaign = Campaign::new("");
    let card = [
        "card",
        "make",
        "--campaign",
        "POLIO26",
        "--mpi-id",
        "SN-DKR-26-9XQ7LM2A",
        "--json",
    ];
    let card: serde_json::Value = serde_json::from_str(&campaign.succeed(&card)).unwrap();
    let text = card["text"].as_str().unwrap();
    let rows: String = (0..3).map(|at| format!("Person {at},{text}\n")).collect();
    std::fs::write(
        campaign.path("people.csv"),
        format!("name,qr\n{rows}Nobody,HELLO\n"),
    )
    .unwrap();
    std::fs::remove_dir_all(campaign.path("data")).unwrap();
    let sheets = [
        "--template",
        "sovereign",
        "--pdf",
        "--sheet",
        "a4",
        "--duplex",
        "short",
        "--dpi",
        "450",
    ];
    let output = campaign.render(&sheets);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(1) && said.contains("line 5: no card"),
        "{said}"
    );
    assert_eq!(
        campaign.table("out/cards.csv")[2][2],
        card["token_hash"].as_str().unwrap()
    );
    let about = content("pdfinfo", &["cards.pdf"], &campaign.path("out"));
    assert!(
        about.contains("Pages:           2") && about.contains("A4"),
        "{about}"
    );
    assert!(
        !campaign.path("out/cards").exists(),
        "pictures were not asked for"
    );
}

#[test]
fn a_run_that_is_killed_leaves_nothing_and_may_be_repeated() {
    let rows: String = (0..3_000).map(|at| format!("Person {at}\n")).collect();
    let campaign = Campaign::new(&format!("name\n{rows}"));
    let arguments = [
        "render",
        "--data",
        "people.csv",
        "--out",
        "out",
        "--new-ids",
        "SN-DKR",
        "--pdf",
    ];
    let arguments = [&arguments[..], &SOVEREIGN].concat();
    let mut child = campaign
        .command(&arguments)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !campaign.path("out/.unfinished/cards.pdf").exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it was killed"
        );
        std::thread::yield_now();
    }
    let other = campaign.run(&arguments);
    assert!(
        String::from_utf8_lossy(&other.stderr).contains("another run"),
        "one run at a time"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let visible: Vec<String> = campaign
        .made()
        .into_iter()
        .filter(|name| !name.starts_with('.'))
        .collect();
    assert!(visible.is_empty(), "{visible:?}");

    std::fs::write(campaign.path("people.csv"), "name\nAwa Sy\n").unwrap();
    campaign.succeed(&arguments);
    assert_eq!(campaign.made(), ["cards.csv", "cards.pdf"]);
    let again = campaign.run(&arguments);
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("--replace"),
        "records are not lost by accident"
    );
    campaign.succeed(&[&arguments[..], &["--replace"]].concat());
}

#[test]
fn a_design_is_seen_before_there_are_keys_and_its_configuration_is_a_file() {
    let campaign = Campaign::new(PEOPLE);
    let list = campaign.succeed(&["render", "--list"]);
    assert!(list.contains("sovereign"), "{list}");
    std::fs::write(
        campaign.path("gold.toml"),
        "accent_hex = '#ffd700'\nmax_attrs = 2\n",
    )
    .unwrap();
    std::fs::write(campaign.path("logo.svg"), LOGO).unwrap();
    let preview = [
        "render",
        "--preview",
        "--design",
        "gold.toml",
        "--logo",
        "logo.svg",
        "--out",
        "out",
    ];
    campaign.succeed(&preview);
    assert_eq!(campaign.made(), ["preview-back.png", "preview-front.png"]);
    let row = [
        &preview[..],
        &["--data", "people.csv", "--side", "front", "--dpi", "600"],
    ]
    .concat();
    campaign.succeed(&row);
    let header = std::fs::read(campaign.path("out/preview-front.png")).unwrap();
    assert_eq!(&header[16..24], [0, 0, 7, 230, 0, 0, 2, 238], "2022 × 750 pixels");
    std::fs::write(
        campaign.path("bad.json"),
        r##"{"template":"sovereign","colors":{"accent":"#0b1c38"}}"##,
    )
    .unwrap();
    let bad = campaign.run(&["render", "--preview", "--design", "bad.json", "--out", "out"]);
    assert!(String::from_utf8_lossy(&bad.stderr).contains("contrast"));
}

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><circle cx="30" cy="20" r="18" fill="#2e9e5b"/></svg>"##;

/// `teranga render --list | head -1` says nothing beside its line.
#[test]
fn a_reader_that_leaves_early_hears_no_complaint() {
    let campaign = Campaign::new(PEOPLE);
    let mut child = campaign
        .command(&["render", "--list", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// The codes of printed pages are read by `teranga scan`, whichever side and sheet they are on.
#[test]
fn printed_pages_are_scanned_again() {
    let campaign = Campaign::new(PEOPLE);
    campaign.render(&[&SOVEREIGN[..], &["--pdf", "--png", "--sheet", "a4"]].concat());
    let output = campaign.run(&["scan", "out/cards.pdf", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let seen: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| Some(line["text"].as_str()?.to_owned()))
        .collect();
    let printed: Vec<String> = (1..=3)
        .map(|at| text_on(&campaign.path(&format!("out/cards/{at:06}-front.png"))))
        .collect();
    for text in &printed {
        assert!(seen.contains(text), "{text} is not among {seen:?}");
    }
}

/// A photo stands on its card alone; one that is missing or outside of the folder refuses the row with a reason.
#[test]
fn photos_stand_on_their_own_card() {
    let people = "nom;prénom;mpi id;image\nDiallo;Awa;SN-DKR-26-9XQ7LM2A;awa.jpg\nDiallo;Awa;SN-DKR-26-9XQ7LM2B;\n\
                  Sarr;Aida;SN-DKR-26-9XQ7LM2C;gone.jpg\nSarr;Aida;SN-DKR-26-9XQ7LM2D;../secret.jpg\n";
    let campaign = Campaign::new(people);
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("render/src/logo/gray.jpg");
    std::fs::copy(photo, campaign.path("awa.jpg")).unwrap();
    let classic = [
        "--template",
        "classic",
        "--campaign",
        "POLIO26",
        "--png",
        "--photo-column",
        "image",
    ];
    assert_eq!(campaign.render(&classic).status.code(), Some(1));
    let truth_of_color = |at: u32| {
        let file = std::fs::File::open(campaign.path(&format!("out/cards/{at:06}-front.png"))).unwrap();
        let reader = png::Decoder::new(std::io::BufReader::new(file))
            .read_info()
            .unwrap();
        reader.info().color_type
    };
    assert_ne!(
        truth_of_color(1),
        png::ColorType::Indexed,
        "a photo needs every color"
    );
    assert_eq!(truth_of_color(2), png::ColorType::Indexed);
    let refused = campaign.table("out/refused.csv");
    assert!(
        refused[0][0] == "4" && refused[0][1].contains("photo"),
        "{refused:?}"
    );
    assert!(
        refused[1][0] == "5" && refused[1][1].contains("beside the spreadsheet"),
        "{refused:?}"
    );
}
