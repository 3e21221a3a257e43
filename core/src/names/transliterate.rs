//! Arabic, N'Ko and Adlam letters in the Latin spelling that a clerk of the region would use.
//!
//! Arabic leaves short vowels out, so a transliterated name is a skeleton (`محمد` → `mhmd`); the tables of variants
//! list the skeletons of the frequent names beside their Latin spellings. N'Ko and Adlam write their vowels.
//!
//! Sources: Unicode charts 0600 (Arabic), 07C0 (N'Ko), 1E900 (Adlam).

/// The Latin letters for a character of a supported script, `None` for every other.
pub fn letters(character: char, at_start: bool) -> Option<&'static str> {
    match character {
        '\u{620}'..='\u{6d3}' => arabic(character, at_start),
        '\u{7ca}'..='\u{7ea}' => nko(character),
        '\u{1e900}'..='\u{1e943}' => adlam(character),
        _ => None,
    }
}

/// True for the Arabic short-vowel signs, which are marks in Unicode and letters to a reader.
pub fn is_vowel_mark(character: char) -> bool {
    matches!(character, '\u{64e}' | '\u{64f}' | '\u{650}')
}

fn arabic(character: char, at_start: bool) -> Option<&'static str> {
    Some(match character {
        'ا' | 'أ' | 'إ' | 'آ' | 'ٱ' | 'ى' | '\u{64e}' => "a",
        'ء' | 'ع' | 'ئ' | 'ؤ' if !at_start => "",
        'ء' | 'ع' | 'ئ' | 'ؤ' => "a",
        'ب' => "b",
        'ت' | 'ط' => "t",
        'ث' => "th",
        'ج' => "j",
        'ح' | 'ه' => "h",
        'خ' => "kh",
        'د' | 'ض' => "d",
        'ذ' | 'ز' | 'ظ' => "z",
        'ر' => "r",
        'س' | 'ص' => "s",
        'ش' => "sh",
        'غ' => "gh",
        'ف' | 'ڢ' => "f",
        'ق' | 'ك' | 'ک' | 'ڧ' => "k",
        'ل' => "l",
        'م' => "m",
        'ن' => "n",
        'ة' => "a",
        'و' if at_start => "w",
        'و' | '\u{64f}' => "u",
        'ي' | 'ی' if at_start => "y",
        'ي' | 'ی' | '\u{650}' => "i",
        // Letters that West African Arabic-script orthographies (Ajami) add.
        'پ' => "p",
        'چ' | 'ݖ' => "ch",
        'گ' | 'ݣ' | 'ڭ' => "g",
        'ڤ' => "v",
        'ڬ' => "ng",
        'ݧ' => "ny",
        _ => return None,
    })
}

fn nko(character: char) -> Option<&'static str> {
    const LETTERS: [&str; 33] = [
        "a", "e", "i", "e", "u", "o", "o", "d", "n", "b", "p", "t", "j", "ch", "d", "r", "r", "s", "gb", "f",
        "k", "l", "n", "m", "ny", "n", "h", "w", "y", "ny", "j", "ch", "r",
    ];
    let place = u32::from(character).checked_sub(0x7ca)?;
    LETTERS.get(usize::try_from(place).ok()?).copied()
}

fn adlam(character: char) -> Option<&'static str> {
    const SMALL: u32 = 0x1e922;
    const LETTERS: [&str; 34] = [
        "a", "d", "l", "m", "b", "s", "p", "b", "r", "e", "f", "i", "o", "d", "y", "w", "n", "k", "y", "u",
        "j", "ch", "h", "k", "g", "ny", "t", "ng", "v", "kh", "gb", "z", "kp", "sh",
    ];
    let code = u32::from(character);
    let place = code.checked_sub(if code >= SMALL { SMALL } else { 0x1e900 })?;
    LETTERS.get(usize::try_from(place).ok()?).copied()
}
