//! Rows to people. A row that says something impossible is reported with its line and left out; the others go on.

use csv::StringRecord;
use jiff::civil::Date;
use rayon::prelude::*;
use teranga_core::matching::PreparedPerson;
use teranga_core::person::{BirthDate, DateOrder, Demographics, ExternalId, Place, Sex};
use teranga_core::places::Places;

use crate::spreadsheet::columns::Columns;
use crate::spreadsheet::reading::Table;
use crate::spreadsheet::roles::Role;

/// The people of a file.
#[derive(Debug, Default)]
pub struct People {
    /// The id of each row, or the number of its line.
    pub ids: Vec<String>,
    /// Each person, ready to be compared.
    pub prepared: Vec<PreparedPerson>,
    /// Lines that were left out, with the reason; never the content of the line.
    pub faults: Vec<(u64, String)>,
}

/// Reads every row of a table.
pub fn people(table: Table, columns: &Columns, order: Option<DateOrder>, today: Date) -> People {
    let order = order.unwrap_or_else(|| date_order(&table, columns));
    let read = |(line, row): (u64, StringRecord)| match person(&row, columns, order, today) {
        Ok(person) => Ok((id(&row, columns, line), PreparedPerson::new(&person))),
        Err(reason) => Err((line, reason)),
    };
    let mut people = People {
        faults: table.faults,
        ..People::default()
    };
    for row in table.rows.into_par_iter().map(read).collect::<Vec<_>>() {
        match row {
            Ok((id, person)) => {
                people.ids.push(id);
                people.prepared.push(person);
            }
            Err(fault) => people.faults.push(fault),
        }
    }
    people.faults.sort();
    people
}

/// The people of a file, with their lines.
#[derive(Debug, Default)]
pub struct Lines {
    /// Each person with the line of their row.
    pub people: Vec<(u64, Demographics)>,
    /// Lines that were left out, with the reason; never the content of the line.
    pub faults: Vec<(u64, String)>,
}

/// Reads every row of a table as it was written.
pub fn demographics(table: Table, columns: &Columns, order: Option<DateOrder>, today: Date) -> Lines {
    let order = order.unwrap_or_else(|| date_order(&table, columns));
    let mut lines = Lines {
        faults: table.faults,
        ..Lines::default()
    };
    for (line, row) in table.rows {
        match person(&row, columns, order, today) {
            Ok(person) => lines.people.push((line, person)),
            Err(reason) => lines.faults.push((line, reason)),
        }
    }
    lines.faults.sort();
    lines
}

fn id(row: &StringRecord, columns: &Columns, line: u64) -> String {
    let given = columns
        .of(Role::Id)
        .map(|at| row[at].trim())
        .filter(|id| !id.is_empty());
    given.map_or_else(|| format!("line {line}"), str::to_owned)
}

fn person(
    row: &StringRecord,
    columns: &Columns,
    order: DateOrder,
    today: Date,
) -> Result<Demographics, String> {
    let text = |role| columns.of(role).map(|at| row[at].trim()).unwrap_or_default();
    let optional = |role| {
        Some(text(role))
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let mut family = text(Role::Family).to_owned();
    if family.is_empty() {
        text(Role::FullName).clone_into(&mut family);
    }
    let given = text(Role::Given).to_owned();
    if given.is_empty() && family.is_empty() {
        return Err("no name".to_owned());
    }
    let birth = match text(Role::Birth) {
        "" => None,
        written => Some(birth(written, order, today)?),
    };
    let sex = match text(Role::Sex) {
        "" => Sex::Unknown,
        written => Sex::parse(written).map_err(|error| error.to_string())?,
    };
    Ok(Demographics {
        given,
        family,
        birth,
        sex,
        place: place(text),
        identifiers: identifiers(row, columns),
        phone: optional(Role::Phone),
        mother: optional(Role::Mother),
        household: optional(Role::Household),
    })
}

/// Where the person lives. A country or region that the directory knows is written as its code, so that "Sénégal" and
/// SN are one country; without a country, a region stays as written.
fn place<'row>(text: impl Fn(Role) -> &'row str) -> Place {
    let places = Places::builtin();
    let known = places.country(text(Role::Country));
    let country = known.map_or(text(Role::Country), |country| &country.alpha2);
    let region = places.region(country, text(Role::Region));
    Place {
        country: country.to_owned(),
        region: region
            .map_or(text(Role::Region), |region| &region.code)
            .to_owned(),
        district: text(Role::District).to_owned(),
        commune: text(Role::Commune).to_owned(),
        village: text(Role::Village).to_owned(),
    }
}

/// A date of birth; a lone number below 131 is an age in years.
fn birth(written: &str, order: DateOrder, today: Date) -> Result<BirthDate, String> {
    let parsed = match written.parse::<u8>() {
        Ok(years) if years <= 130 => BirthDate::age(years, today, today),
        _ => BirthDate::parse(written, order, today),
    };
    parsed.map_err(|error| error.to_string())
}

fn identifiers(row: &StringRecord, columns: &Columns) -> Vec<ExternalId> {
    let filled = columns
        .identifiers
        .iter()
        .filter(|(at, _)| !row[*at].trim().is_empty());
    let identifier = |(at, system): &(usize, String)| ExternalId {
        system: system.clone(),
        value: row[*at].trim().to_owned(),
        verified: false,
    };
    filled.map(identifier).collect()
}

/// The order of day and month in a whole column: day first, unless a second number can only be a day and no first one
/// can.
fn date_order(table: &Table, columns: &Columns) -> DateOrder {
    let Some(at) = columns.of(Role::Birth) else {
        return DateOrder::DayFirst;
    };
    let (mut first_is_day, mut second_is_day) = (false, false);
    for (_, row) in &table.rows {
        let mut numbers = row[at].split(['/', '-', '.', ' ']).map(str::parse::<u32>);
        if let (Some(Ok(first)), Some(Ok(second))) = (numbers.next(), numbers.next()) {
            first_is_day |= (13..=31).contains(&first);
            second_is_day |= first <= 12 && (13..=31).contains(&second);
        }
    }
    if second_is_day && !first_is_day {
        DateOrder::MonthFirst
    } else {
        DateOrder::DayFirst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &[&str]) -> People {
        let headers = vec!["nom".to_owned(), "naissance".to_owned(), "sexe".to_owned()];
        let columns = Columns::find(&headers, &[], &[]).unwrap();
        let rows = (2..)
            .zip(rows)
            .map(|(line, row)| (line, row.split(',').collect()))
            .collect();
        people(
            Table {
                headers,
                rows,
                faults: Vec::new(),
            },
            &columns,
            None,
            Date::constant(2026, 11, 1),
        )
    }

    #[test]
    fn a_bad_row_is_reported_by_line_and_the_others_go_on() {
        let people = read(&["Faye,1990-02-30,F", "Sow,1990,F", ",1990,M", "Ba,12/1988,Q"]);
        assert_eq!(people.ids, ["line 3"]);
        assert_eq!(
            people.faults.iter().map(|fault| fault.0).collect::<Vec<_>>(),
            [2, 4, 5]
        );
        assert!(
            !people.faults.iter().any(|fault| fault.1.contains("Faye")),
            "a fault repeats no name"
        );
    }

    #[test]
    fn the_whole_column_decides_the_order_of_day_and_month() {
        let day_of =
            |people: &People, at: usize| people.prepared[at].birth.as_ref().and_then(|birth| birth.day);
        assert_eq!(day_of(&read(&["Faye,05/01/1990,F"]), 0), Some((1990, 1, 5)));
        assert_eq!(
            day_of(&read(&["Faye,05/01/1990,F", "Sow,05/28/1990,F"]), 0),
            Some((1990, 5, 1))
        );
    }

    #[test]
    fn a_place_is_one_place_by_code_and_by_name() {
        let written = |country, region| {
            place(move |role| match role {
                Role::Country => country,
                Role::Region => region,
                _ => "",
            })
        };
        assert_eq!(written("Sénégal", "Thies"), written("SN", "THS"));
        assert_eq!(written("Atlantis", "North").region, "North");
        assert_eq!(written("", "Thiès").region, "Thiès");
    }

    #[test]
    fn a_lone_small_number_is_an_age() {
        assert!(
            read(&["Faye,34,F"]).prepared[0]
                .birth
                .as_ref()
                .is_some_and(|birth| birth.day.is_none())
        );
    }
}
