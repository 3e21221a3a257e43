//! Names that every file system takes, and that stay inside the folder an archive is unpacked in.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use unicode_normalization::UnicodeNormalization;

/// The most bytes of a name in UTF-8: file systems take 255, and a counter and an extension must still fit.
const LIMIT: usize = 120;

/// Names of devices, which Windows refuses with any extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "clock$", "conin$", "conout$"];

/// One safe name out of any text: no folders, no characters or names that Windows reserves, no dots or spaces at the
/// ends, no invisible or direction-changing characters, NFC, and at most 120 bytes. Never empty.
pub fn safe(text: &str) -> String {
    let letters = text.nfc().filter(|letter| !is_invisible(*letter));
    let mut name = String::new();
    for letter in letters {
        let letter = if is_reserved(letter) { '_' } else { letter };
        if name.len() + letter.len_utf8() > LIMIT {
            break;
        }
        name.push(letter);
    }
    let trimmed = name.trim_matches(|letter: char| letter == '.' || letter.is_whitespace());
    if trimmed.is_empty() {
        return "card".to_owned();
    }
    if is_device(trimmed) {
        return format!("_{trimmed}");
    }
    trimmed.to_owned()
}

fn is_reserved(letter: char) -> bool {
    letter.is_control() || "/\\:*?\"<>|".contains(letter)
}

/// Format characters that hide or turn around what a name says.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

fn is_device(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_lowercase();
    let numbered = |kind: &str| {
        stem.strip_prefix(kind).is_some_and(|number| {
            number.chars().count() == 1 && number.chars().all(|digit| "0123456789¹²³".contains(digit))
        })
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// The names that an archive has used, as 8-byte digests: ten million take 160 MB at most.
#[derive(Debug, Default)]
pub struct Names(HashSet<u64, BuildHasherDefault<DefaultHasher>>);

impl Names {
    /// A name in a folder that no other entry has on any file system, those that ignore case included. `folder` is
    /// made of names that are safe already; `stem` is any text; `extension` has no dot.
    pub fn unique(&mut self, folder: &str, stem: &str, extension: &str) -> String {
        let stem = safe(stem);
        let mut name = format!("{folder}/{stem}.{extension}");
        let mut number = 1_u64;
        while !self.take(&name) {
            number += 1;
            name = format!("{folder}/{stem}-{number}.{extension}");
        }
        name
    }

    fn take(&mut self, name: &str) -> bool {
        let folded: String = name.to_lowercase().nfkc().collect();
        let digest = self.0.hasher().hash_one(folded);
        self.0.insert(digest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_become_harmless() {
        for (text, expected) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..\\..\\boot.ini", "_.._boot.ini"),
            ("C:\\x", "C__x"),
            ("CON", "_CON"),
            ("nul.png", "_nul.png"),
            ("com1.tar.gz", "_com1.tar.gz"),
            ("LPT²", "_LPT²"),
            ("common", "common"),
            ("trailing. . ", "trailing"),
            ("a\0b\nc", "a_b_c"),
            ("gnp\u{202e}exe.card", "gnpexe.card"),
            ("e\u{301}", "é"),
            ("", "card"),
            ("...", "card"),
            ("ߊߡߊߘߎ", "ߊߡߊߘߎ"),
        ] {
            assert_eq!(safe(text), expected, "{text:?}");
        }
    }

    #[test]
    fn names_differ_on_systems_that_ignore_case() {
        let mut names = Names::default();
        assert_eq!(names.unique("cards", "Awa", "png"), "cards/Awa.png");
        assert_eq!(names.unique("cards", "AWA", "png"), "cards/AWA-2.png");
        assert_eq!(names.unique("cards", "awa", "png"), "cards/awa-3.png");
        assert_eq!(names.unique("cards", "ＡＷＡ", "png"), "cards/ＡＷＡ-4.png");
        assert_eq!(names.unique("backs", "awa", "png"), "backs/awa.png");
    }

    proptest! {
        #[test]
        fn any_text_gives_a_safe_name(text in "\\PC*|[./\\\\ a]{0,300}") {
            let name = safe(&text);
            prop_assert!(!name.is_empty() && name.len() <= LIMIT + 1);
            prop_assert!(!name.contains(['/', '\\', ':', '\0']));
            prop_assert!(!name.starts_with('.') && !name.ends_with(['.', ' ']));
            prop_assert_eq!(safe(&name), name.clone(), "a safe name stays as it is");
            prop_assert!(unicode_normalization::is_nfc(&name));
        }
    }
}
