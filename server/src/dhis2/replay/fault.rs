//! Ways in which an answer goes wrong.

/// What happens to the next answer instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429, with seconds to wait.
    TooMany(u32),
    /// A status of the server's own, such as 503.
    Status(u16),
    /// No answer ever comes.
    Silent,
    /// The connection ends in the middle.
    Cut,
    /// A body that never ends.
    Giant,
    /// A page for people, as a proxy or another program sends it, with status 200.
    Html,
    /// Somewhere else.
    Redirect(String),
    /// Rows are missing from the page, and the total says nothing of it.
    Short(usize),
    /// The rows of the page come twice.
    Doubled,
    /// The list says that there is nobody.
    Nobody,
    /// JSON that ends too early.
    Torn,
}
