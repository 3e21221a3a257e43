//! The templates that come with the program.

use super::Template;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name, ".toml")))),*]
    };
}

/// Name and file of each.
const FILES: &[(&str, &str)] = files![
    "classic",
    "vital",
    "emerald",
    "pulse",
    "mothercare",
    "shield",
    "nomad",
    "aero",
    "horizon",
    "aurora",
    "sovereign",
];

/// Names of the templates that come with the program.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// A template that comes with the program.
pub fn builtin(name: &str) -> Option<Template> {
    let (name, text) = FILES.iter().find(|(known, _)| *known == name)?;
    Template::parse(&format!("{name}.toml"), text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_reads_and_bears_its_own_name() {
        for (name, text) in FILES {
            let template = Template::parse(name, text).unwrap();
            assert_eq!(&template.name, name);
        }
    }

    #[test]
    fn an_error_says_where_and_what_to_do() {
        let with = |element: &str| {
            let text = format!(
                "name='t'\ntitle='t'\nwidth=1011\nheight=638\n[palette]\nink='#000'\n[[front]]\n{element}"
            );
            Template::parse("t.toml", &text).unwrap_err().to_string()
        };
        for (element, says) in [
            ("kind='star'", "front element 1 (star): there is no kind \"star\""),
            ("kind='rect'\nx=1\ny=1\nw=2\nfill='ink'", "the key `h` is missing"),
            ("kind='rect'\nx=1\ny=1\nw=2\nh=2", "`fill`, `stroke` or both"),
            (
                "kind='rect'\nx=1\ny=1\nw=2\nh=2\nfill='gold'",
                "there is no color \"gold\"; there are ink",
            ),
            (
                "kind='text'\ntext='{nam}'\nx=1\ny=1\nw=2\nh=2\nsize=9\ncolor='ink'",
                "no field {nam}",
            ),
            (
                "kind='text'\ntext='{name}'\nx=1\ny=1\nw=99\nh=9\nsize=9\ncolor='ink'",
                "needs 11",
            ),
            (
                "kind='text'\ntext='{name}'\nx=990\ny=1\nw=99\nh=99\nsize=9\ncolor='ink'",
                "does not lie on the card",
            ),
            ("kind='qr'\nx=1\ny=1\nw=100\nh=100", "0.33 mm"),
            ("kind='rect'\ncolour='ink'", "unknown field `colour`"),
        ] {
            let message = with(element);
            assert!(
                message.contains(says) && message.starts_with("t.toml"),
                "{message}"
            );
        }
    }
}
