//! What a code says, as bytes and as text.

/// What a code says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// As bytes.
    pub bytes: Vec<u8>,
    /// As text.
    pub text: String,
    charset: Charset,
    /// Where the bytes begin whose text is not written yet: a character may lie across two segments.
    waiting: usize,
}

/// What bytes mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8 where they are that, else Latin-1: most makers say nothing.
    #[default]
    Unsaid,
    /// ISO 8859-1.
    Latin1,
    /// UTF-8.
    Utf8,
}

impl Charset {
    /// The character set of a number (AIM ECI). Those that are not known here are taken as unsaid.
    pub fn of(number: u32) -> Self {
        match number {
            1 | 3 => Self::Latin1,
            26 => Self::Utf8,
            _ => Self::Unsaid,
        }
    }

    fn text(self, bytes: &[u8]) -> String {
        let latin = || bytes.iter().map(|&byte| char::from(byte)).collect();
        match self {
            Self::Unsaid => std::str::from_utf8(bytes).map_or_else(|_| latin(), str::to_owned),
            Self::Latin1 => latin(),
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

impl Content {
    /// Adds bytes in the current character set.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds a character of Shift JIS. No table of these is carried along: in the text a sign stands for each.
    pub fn push_kanji(&mut self, pair: [u8; 2]) {
        self.write();
        self.bytes.extend_from_slice(&pair);
        self.text.push(char::REPLACEMENT_CHARACTER);
        self.waiting = self.bytes.len();
    }

    /// Bytes from here on have another character set.
    pub fn switch(&mut self, charset: Charset) {
        self.write();
        self.charset = charset;
    }

    /// The whole; none if it is empty.
    pub fn finished(mut self) -> Option<Self> {
        self.write();
        (!self.bytes.is_empty()).then_some(self)
    }

    fn write(&mut self) {
        self.text
            .push_str(&self.charset.text(&self.bytes[self.waiting..]));
        self.waiting = self.bytes.len();
    }
}
