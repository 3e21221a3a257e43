//! One line of the list of words.

use super::Category;
use super::text::{Text, Word};

/// Where a pattern looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Into codes, names and option sets.
    All,
    /// The same, for words in capitals.
    Capitals,
    /// Into codes alone.
    Code,
}

/// A text that would meet everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pattern needs a word of at least two letters or digits, such as \"charge virale\" or \"cd4*\"")]
pub struct PatternError;

/// A sequence of words, with words beside which it says nothing.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub(super) shown: String,
    pub(super) scope: Scope,
    words: Vec<Piece>,
    excuses: Vec<Piece>,
}

/// A word, or the beginning of one.
#[derive(Debug, Clone)]
struct Piece {
    word: String,
    begins: bool,
}

impl Piece {
    fn of(text: &str) -> Option<Self> {
        let begins = text.ends_with('*');
        let word = Text::new(text).cuts.swap_remove(0);
        let word = word.into_iter().next()?.folded;
        (word.chars().count() >= 2 || !begins).then_some(Self { word, begins })
    }

    fn meets(&self, word: &Word) -> bool {
        if self.begins {
            word.folded.starts_with(&self.word)
        } else {
            word.folded == self.word
        }
    }
}

impl Pattern {
    /// Reads a line.
    pub(super) fn parse(line: &str) -> Result<Self, PatternError> {
        let (words, excuses) = line.split_once('|').unwrap_or((line, ""));
        let words = words.trim();
        let (scope, words) = match (words.strip_prefix('^'), words.strip_prefix('@')) {
            (Some(rest), _) => (Scope::Capitals, rest),
            (_, Some(rest)) => (Scope::Code, rest),
            _ => (Scope::All, words),
        };
        let pieces = |text: &str| -> Vec<Piece> { text.split_whitespace().filter_map(Piece::of).collect() };
        let pattern = Self {
            shown: words.to_lowercase(),
            scope,
            words: pieces(words),
            excuses: pieces(excuses),
        };
        let is_enough = pattern.words.iter().any(|piece| piece.word.chars().count() >= 2);
        if is_enough { Ok(pattern) } else { Err(PatternError) }
    }

    /// Whether the words stand in a text one after the other.
    pub(super) fn meets(&self, text: &Text) -> bool {
        let fits = |(piece, word): (&Piece, &Word)| {
            piece.meets(word) && (self.scope != Scope::Capitals || word.capitals)
        };
        let in_cut = |words: &Vec<Word>| {
            words
                .windows(self.words.len())
                .any(|window| self.words.iter().zip(window).all(fits))
        };
        text.cuts.iter().any(in_cut)
    }

    /// Whether a text has a word beside which the pattern says nothing.
    pub(super) fn is_excused_by(&self, text: &Text) -> bool {
        let words = || text.cuts.iter().flatten();
        self.excuses
            .iter()
            .any(|excuse| words().any(|word| excuse.meets(word)))
    }
}

/// The shipped list. A test reads every line of it, so that none is left out here.
pub(super) fn shipped() -> Vec<(Category, Pattern)> {
    let mut category = None;
    let mut patterns = Vec::new();
    for line in LINES.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            category = Category::of_name(name.trim_end_matches(']'));
        } else if !line.is_empty() && !line.starts_with('#') {
            patterns.extend(category.zip(Pattern::parse(line).ok()));
        }
    }
    patterns
}

/// The text of the shipped list.
pub(super) const LINES: &str = include_str!("words.txt");
