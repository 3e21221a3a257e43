//! `teranga.toml`: its lines become the defaults of the flags of the same name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::builder::OsStr;
use clap::{Arg, Command};
use toml::{Table, Value};

/// The file that is read when there is one and no other is named.
const DEFAULT: &str = "teranga.toml";

/// Puts the file's values into a command's flags. The file is the one that `--config` or `TERANGA_CONFIG` names, or
/// `teranga.toml` in the current folder if there is one.
pub fn apply(command: Command, arguments: &[OsString]) -> anyhow::Result<Command> {
    match named(arguments) {
        Some(file) => read(command, &file),
        None if Path::new(DEFAULT).is_file() => read(command, Path::new(DEFAULT)),
        None => Ok(command),
    }
}

/// `--config FILE` or `--config=FILE` before clap has seen the arguments, else the environment's.
fn named(arguments: &[OsString]) -> Option<PathBuf> {
    let mut arguments = arguments.iter().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--config" {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(file) = argument.to_str().and_then(|text| text.strip_prefix("--config=")) {
            return Some(file.into());
        }
    }
    std::env::var_os("TERANGA_CONFIG")
        .filter(|file| !file.is_empty())
        .map(PathBuf::from)
}

fn read(command: Command, file: &Path) -> anyhow::Result<Command> {
    let said = || format!("the settings file {}", file.display());
    let text = std::fs::read_to_string(file).with_context(said)?;
    // The error of the parser quotes the line, which may hold a password.
    let table = text.parse::<Table>().map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text[..span.start].lines().count().max(1));
        anyhow::anyhow!("line {line} is not TOML")
    });
    with(command, &table.with_context(said)?).with_context(said)
}

/// The command with the table's values as defaults. A name that is no setting is refused.
fn with(command: Command, table: &Table) -> anyhow::Result<Command> {
    for (name, value) in table {
        if !has(&command, name) {
            bail!("{name} is not a setting; `teranga serve --help` lists them all");
        }
        texts(name, value)?;
    }
    Ok(defaults(command, table))
}

/// A setting is a flag that the environment can set too.
fn is_setting(argument: &Arg) -> bool {
    argument.get_env().is_some() && argument.get_long().is_some_and(|long| long != "config")
}

fn has(command: &Command, name: &str) -> bool {
    let mut here = command.get_arguments().filter(|argument| is_setting(argument));
    here.any(|argument| argument.get_long() == Some(name))
        || command.get_subcommands().any(|command| has(command, name))
}

fn defaults(command: Command, table: &Table) -> Command {
    let command = command.mut_args(|argument| {
        let value = argument.get_long().and_then(|long| table.get(long));
        match value.filter(|_| is_setting(&argument)) {
            Some(value) => {
                let texts = texts("", value).unwrap_or_default();
                argument.default_values(texts.into_iter().map(OsStr::from))
            }
            None => argument,
        }
    });
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    names.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |inner| defaults(inner, table))
    })
}

fn texts(name: &str, value: &Value) -> anyhow::Result<Vec<String>> {
    Ok(match value {
        Value::String(text) => vec![text.clone()],
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => vec![value.to_string()],
        Value::Array(list) => {
            let texts: Result<Vec<_>, _> = list.iter().map(|value| texts(name, value)).collect();
            texts?.concat()
        }
        Value::Datetime(_) | Value::Table(_) => bail!("{name} is a text, a number or a list of them"),
    })
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::super::Listening;
    use super::*;

    fn serve() -> Command {
        Command::new("teranga").subcommand(Listening::augment_args(Command::new("serve")))
    }

    fn parse(table: &str, arguments: &[&str]) -> anyhow::Result<Listening> {
        let command = with(serve(), &table.parse()?)?;
        let matches = command.try_get_matches_from([&["teranga", "serve"], arguments].concat())?;
        Ok(Listening::from_arg_matches(
            matches.subcommand_matches("serve").unwrap(),
        )?)
    }

    #[test]
    fn a_line_of_the_file_counts_unless_a_flag_is_given() {
        let file = "listen = \"0.0.0.0:9\"\npublic-rate = 7\nproxies = [\"10.0.0.0/8\", \"fd00::/8\"]";
        let settings = parse(file, &["--public-rate", "8"]).unwrap();
        assert_eq!(settings.listen.to_string(), "0.0.0.0:9");
        assert_eq!((settings.limits.public_rate, settings.proxies.len()), (8, 2));
        assert_eq!(settings.limits.session_rate, 200);
    }

    #[test]
    fn a_line_that_is_no_setting_or_no_value_is_refused_with_words() {
        let said = |file| format!("{:#}", parse(file, &[]).unwrap_err());
        assert!(said("lisen = 1").contains("lisen is not a setting"));
        assert!(said("listen = \"nowhere\"").contains("--listen"));
        assert!(said("listen = { a = 1 }").contains("listen is a text"));
    }

    #[test]
    fn every_setting_is_a_flag_and_an_environment_variable_of_its_name() {
        for argument in serve().find_subcommand("serve").unwrap().get_arguments() {
            let long = argument.get_long().unwrap();
            let variable = format!("TERANGA_{}", long.replace('-', "_").to_uppercase());
            assert_eq!(
                argument.get_env().and_then(|name| name.to_str()),
                Some(&*variable),
                "{long}"
            );
            assert!(argument.get_help().is_some(), "{long} says nothing of itself");
        }
    }
}
