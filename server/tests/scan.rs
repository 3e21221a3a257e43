//! `teranga scan` as its user runs it, on the codes that `teranga card make` draws.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a command does not do as it says"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use teranga_render::qr::{self, Code};

/// What the card on the photo says.
const TEXT_OF_THE_PHOTO: &str = "HTTPS://VERIFY.HEALTH.PROGRAMME.EXAMPLE/C/QRE2EAJHARCNSLKUFKQFQH5DAQNG4WOOAADBU2TSPUAAOUCR2QF3W22D4AMQA5SAYLN6WMUKLBANOREGVRENM37V6KPVDHVDZITW2BDNHLT55SLM4WFHFB2RK55TBYJPFH57HF2ABOHJUW2JYGAGQ2DNGRIE4FFRPSTA6TUE7XOKX352BA";

/// An organisation with one card, drawn as `card.png`.
struct Desk {
    data: tempfile::TempDir,
    /// What `card make` said of it.
    made: Value,
    text: String,
}

impl Desk {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut desk = Self {
            data,
            made: Value::Null,
            text: String::new(),
        };
        let issuer = ["keys", "make", "issuer", "--campaign", "POLIO26"];
        assert!(desk.run(&issuer).status.success());
        let card = desk.path("card.png");
        let person = ["--campaign", "POLIO26", "--mpi-id", "SN-DKR-26-9XQ7LM2A"];
        let out = ["--json", "--out", card.to_str().unwrap()];
        let made = desk.run(&[&["card", "make"][..], &person, &out].concat());
        assert!(made.status.success());
        desk.made = serde_json::from_slice(&made.stdout).unwrap();
        desk.text = desk.fact("text");
        desk
    }

    fn fact(&self, name: &str) -> String {
        self.made[name].as_str().unwrap().to_owned()
    }

    /// Builds a bundle in which the card is not revoked.
    fn bundle(&self) {
        let keys: Value = serde_json::from_slice(&self.run(&["keys", "list", "--json"]).stdout).unwrap();
        let issuer = keys
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["purpose"] == "issuer")
            .unwrap();
        let record = ["token_hash", "issued", "expires"]
            .map(|name| self.fact(name))
            .join(",");
        let kid = issuer["kid"].as_str().unwrap();
        let cards = format!("token_hash,issued,expires,campaign,kid\n{record},POLIO26,{kid}\n");
        self.keep("cards.csv", cards.as_bytes());
        let built = self.run(&["bundle", "build", "--cards", "cards.csv", "--out", "bundle"]);
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        self.run_with(self.data.path(), args)
    }

    /// Runs in the folder of the photos, with the keys of another.
    fn run_with(&self, keys: &Path, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_teranga"))
            .args(args)
            .current_dir(self.data.path())
            .env_remove("TERANGA_MASTER_KEY")
            .env_remove("TERANGA_MASTER_KEY_FILE")
            .env("TERANGA_DATA", keys)
            .output()
            .unwrap()
    }

    fn scan(&self, args: &[&str]) -> (i32, Vec<Value>, String) {
        read(&self.run(&[&["scan", "--json"], args].concat()))
    }

    fn keep(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn white(&self, name: &str) {
        self.keep(name, &png(320, 240, png::ColorType::Grayscale, &[250; 320 * 240]));
    }
}

fn read(output: &Output) -> (i32, Vec<Value>, String) {
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    (
        output.status.code().unwrap(),
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

#[test]
fn a_photo_of_a_card_is_judged_like_its_text() {
    let desk = Desk::new();
    desk.bundle();
    desk.keep(
        "turned.png",
        &turned(&std::fs::read(desk.path("card.png")).unwrap()),
    );
    let scan = ["scan", "--json", "--bundle", "bundle", "card.png", "turned.png"];
    let (status, answers, _) = read(&desk.run(&scan));
    assert_eq!((status, answers.len()), (0, 2));
    for answer in answers {
        assert_eq!(answer["text"], desk.text.as_str());
        let verdict = answer["verdict"].as_str().unwrap();
        assert!(verdict.starts_with("valid"), "{verdict}");
        assert_eq!(
            (&answer["campaign"], &answer["list_age_days"]),
            (&"POLIO26".into(), &0.into())
        );
        assert!(answer["ms"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(desk.scan(&["card.png", "--campaign", "MALARIA"]).0, 16);
}

#[test]
fn a_jpeg_photo_of_a_card_with_an_unknown_key_is_read() {
    // What a phone's camera would take of another organisation's card.
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/card/held.jpg");
    let (status, answers, _) = Desk::new().scan(&[photo.to_str().unwrap()]);
    assert_eq!((status, &answers[0]["verdict"]), (11, &"unknown".into()));
    assert_eq!(answers[0]["text"], TEXT_OF_THE_PHOTO);
}

#[test]
fn without_lists_and_keys_the_text_is_printed_all_the_same() {
    let (desk, nobody) = (Desk::new(), tempfile::tempdir().unwrap());
    let (status, answers, _) = read(&desk.run_with(nobody.path(), &["scan", "--json", "card.png"]));
    assert_eq!((status, &answers[0]["verdict"]), (0, &Value::Null));
    assert_eq!(answers[0]["text"], desk.text.as_str());
    let words = desk.run_with(nobody.path(), &["scan", "card.png"]).stdout;
    let words = String::from_utf8(words).unwrap();
    assert!(words.starts_with("card.png: NOT VERIFIED") && words.contains(&desk.text));
}

#[test]
fn codes_of_other_makers_and_pictures_without_any_are_answers() {
    let desk = Desk::new();
    desk.white("none.png");
    desk.keep("other.png", &foreign());
    let (status, answers, _) = desk.scan(&["other.png", "none.png"]);
    assert_eq!(status, 10);
    assert_eq!(answers[0]["text"], "HTTPS://EXAMPLE.ORG/MENU");
    assert_eq!(
        (&answers[0]["verdict"], &answers[0]["reason"]),
        (&"not_a_card".into(), &"not our card".into())
    );
    assert_eq!(
        (&answers[1]["verdict"], &answers[1]["text"]),
        (&"no_code".into(), &Value::Null)
    );
}

#[test]
fn broken_files_and_bombs_are_told_and_the_others_go_on() {
    let desk = Desk::new();
    let card = std::fs::read(desk.path("card.png")).unwrap();
    desk.keep("cut.png", &card[..card.len() / 2]);
    desk.keep("bomb.png", &enlarged(&card));
    desk.keep("letter.png", b"Dear colleague");
    let (status, answers, told) =
        desk.scan(&["cut.png", "bomb.png", "letter.png", "missing.png", "card.png"]);
    assert_eq!((status, answers.len()), (2, 5));
    for (answer, says) in answers
        .iter()
        .zip(["damaged", "too large", "PNG or JPEG", "cannot open"])
    {
        assert!(answer["error"].as_str().unwrap().contains(says), "{answer}");
    }
    assert_eq!(told.lines().count(), 4);
    assert_eq!(answers[4]["text"], desk.text.as_str());
}

#[test]
fn a_folder_is_photos_by_name_or_the_frames_of_one_card() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("frames")).unwrap();
    desk.white("frames/1.png");
    desk.keep("frames/2.png", b"a frame that was not written to its end");
    desk.keep("frames/notes.txt", b"not a photo");
    std::fs::copy(desk.path("card.png"), desk.path("frames/3.png")).unwrap();
    let (status, answers, _) = desk.scan(&["frames"]);
    assert_eq!((status, answers.len()), (2, 3));
    assert_eq!(answers[2]["text"], desk.text.as_str());
    let (status, answers, told) = desk.scan(&["--sequence", "frames"]);
    assert_eq!((status, answers.len(), told.lines().count()), (0, 1, 1));
    assert_eq!(
        (&answers[0]["file"], &answers[0]["text"]),
        (&"frames".into(), &desk.text.as_str().into())
    );
    std::fs::create_dir(desk.path("empty")).unwrap();
    assert_eq!(desk.scan(&["--sequence", "empty"]).0, 2);
}

fn png(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}

/// The code upside down, in black on transparency.
fn turned(code: &[u8]) -> Vec<u8> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(code));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let bytes = &pixels[..frame.buffer_size()];
    let dark = bytes
        .chunks_exact(frame.color_type.samples())
        .map(|pixel| pixel[0] < 128)
        .rev();
    let pixels: Vec<u8> = dark
        .flat_map(|dark| [0, 0, 0, if dark { 255 } else { 0 }])
        .collect();
    png(frame.width, frame.height, png::ColorType::Rgba, &pixels)
}

/// A code that another maker may have drawn.
fn foreign() -> Vec<u8> {
    qr::png::draw(
        &Code::alphanumeric("HTTPS://EXAMPLE.ORG/MENU", 3).unwrap(),
        6,
        300,
    )
    .unwrap()
}

/// A picture that says it has 60,000 pixels in each direction.
fn enlarged(png: &[u8]) -> Vec<u8> {
    let mut bytes = png.to_vec();
    let side = 60_000_u32.to_be_bytes();
    bytes[16..24].copy_from_slice(&[side, side].concat());
    let crc = crc32(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&crc);
    bytes
}

/// The checksum of a chunk (RFC 2083, appendix 15).
fn crc32(bytes: &[u8]) -> u32 {
    let byte = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    };
    !bytes.iter().fold(u32::MAX, byte)
}
