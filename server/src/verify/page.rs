//! The page that a card's link opens: one word, what it means, what to do. For a cheap phone in the sun on a slow network.

use std::borrow::Cow;
use std::fmt::Write as _;

use askama::Template as _;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::answer::{Answer, Outcome};
use crate::words::Language;

/// The page's one stylesheet. Its address changes with its content, so that it is fetched once.
pub const STYLE: &str = include_str!("../../templates/verify.css");

/// Where the stylesheet is.
pub const STYLE_PATH: &str = "/verify.css";

/// Longest query that is carried over when the language is changed.
const MAX_SWITCH: usize = 1024;

/// What a page shows.
#[derive(Debug, Clone, Copy)]
pub enum Look<'a> {
    /// A verdict.
    Found(&'a Answer),
    /// Asked too often.
    Busy,
    /// No answer now.
    Later,
}

impl Look<'_> {
    /// The status of the page.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Found(_) => StatusCode::OK,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Later => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The name under which texts are found.
    fn name(&self) -> &'static str {
        match self {
            Self::Found(answer) => answer.outcome.name(),
            Self::Busy => "busy",
            Self::Later => "later",
        }
    }

    /// The band's color, by the name of a class.
    fn class(&self) -> &'static str {
        match self {
            Self::Found(answer) => answer.outcome.name(),
            Self::Busy | Self::Later => "later",
        }
    }

    /// A shape of its own for each verdict: color alone tells nothing to one man in twelve.
    fn icon(&self) -> &'static str {
        match self {
            Self::Found(answer) => match answer.outcome {
                Outcome::Valid => r#"<circle cx="12" cy="12" r="10"/><path d="m7.5 12.5 3 3 6-7"/>"#,
                Outcome::Revoked => r#"<circle cx="12" cy="12" r="10"/><path d="m8.5 8.5 7 7m0-7-7 7"/>"#,
                Outcome::Expired => r#"<circle cx="12" cy="12" r="10"/><path d="M12 6.5V12l3.5 2.5"/>"#,
                Outcome::Blank => {
                    r#"<rect x="2" y="5" width="20" height="14" rx="2.5"/><path d="M12 9v6m-3-3h6"/>"#
                }
                Outcome::Unknown => {
                    r#"<circle cx="12" cy="12" r="10"/><path d="M9 9.2a3 3 0 1 1 4.4 2.6c-.9.5-1.4 1-1.4 2M12 17.2v.1"/>"#
                }
                Outcome::Forged => r#"<path d="M12 3 1.8 20.5h20.4z"/><path d="M12 9.5v5M12 17.5v.1"/>"#,
            },
            Self::Busy | Self::Later => {
                r#"<path d="M5.5 2.5h13m-13 19h13M7 2.5c0 5 4 6.5 5 9.5 1-3 5-4.5 5-9.5m-10 19c0-5 4-6.5 5-9.5 1 3 5 4.5 5 9.5"/>"#
            }
        }
    }
}

#[derive(askama::Template)]
#[template(path = "verify.html")]
struct Page<'a> {
    language: &'static str,
    style: &'static str,
    look: &'static str,
    icon: &'static str,
    word: String,
    says: String,
    campaign: Option<Cow<'a, str>>,
    facts: Vec<(String, String)>,
    next_title: String,
    next: String,
    checked: String,
    privacy: String,
    switch: &'a str,
    other: &'static str,
    other_language: String,
}

/// The page in a language; `switch` is the address of the same page in the other one.
pub fn render(look: Look<'_>, language: Language, now: Timestamp, switch: &str) -> String {
    let name = look.name();
    let answer = match look {
        Look::Found(answer) => Some(answer),
        Look::Busy | Look::Later => None,
    };
    let page = Page {
        language: language.code(),
        style: STYLE_PATH,
        look: look.class(),
        icon: look.icon(),
        word: language.say(name),
        says: language.say(&format!("{name}-says")),
        campaign: answer.and_then(campaign),
        facts: answer.map(|answer| facts(answer, language)).unwrap_or_default(),
        next_title: language.say("next"),
        next: language.say(&format!("{name}-next")),
        checked: checked(language, now),
        privacy: language.say("privacy"),
        switch,
        other: other(language).code(),
        other_language: language.say("other-language"),
    };
    // Writing to a string cannot fail.
    page.render().unwrap_or_default()
}

/// The campaign as the public knows it.
fn campaign(answer: &Answer) -> Option<Cow<'_, str>> {
    let face = answer.campaign.as_deref()?;
    Some(match &face.programme {
        Some(programme) => Cow::from(format!("{programme} · {}", face.prefix)),
        None => Cow::from(face.prefix.as_str()),
    })
}

/// What is known of the card besides the verdict and its campaign.
fn facts(answer: &Answer, language: Language) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut day = |name: &str, day: Option<Date>| {
        if let Some(day) = day {
            facts.push((language.say(name), written(language, day)));
        }
    };
    day("revoked-on", answer.revoked);
    day("issued", answer.issued);
    let last = answer.expires.and_then(|day| day.yesterday().ok());
    match answer.outcome {
        Outcome::Revoked => {}
        Outcome::Expired => day("last-day-was", last),
        _ => day("last-day", last),
    }
    facts
}

/// A date as people write it.
fn written(language: Language, date: Date) -> String {
    let month = language.say(&format!("month-{}", date.month()));
    let (day, year) = (date.day().to_string(), date.year().to_string());
    language.say_with("date", [("day", &*day), ("month", &*month), ("year", &*year)])
}

fn checked(language: Language, now: Timestamp) -> String {
    let now = TimeZone::UTC.to_datetime(now);
    let day = written(language, now.date());
    let time = format!("{:02}:{:02}", now.hour(), now.minute());
    language.say_with("checked", [("day", &*day), ("time", &*time)])
}

fn other(language: Language) -> Language {
    match language {
        Language::English => Language::French,
        Language::French => Language::English,
    }
}

/// The query of the same page in the other language. The template escapes it.
pub fn switch(query: &str, language: Language) -> String {
    let mut switched = String::from("?");
    if query.len() <= MAX_SWITCH {
        for pair in query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        {
            // Writing to a string cannot fail.
            let _ = write!(switched, "{pair}&");
        }
    }
    switched + "lang=" + other(language).code()
}
