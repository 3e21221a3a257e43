//! The lists of people and enrollments, parameter by parameter.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::world::{Person, Rows, World};
use super::{Edition, Fault};

/// An answer of a list: its status and its body.
pub(super) type Answer = (u16, Value);

/// A list as it was asked for.
pub(super) struct Asked<'a> {
    pub(super) world: &'a World,
    /// People rather than enrollments.
    pub(super) people: bool,
    pub(super) parameters: &'a [(String, String)],
    /// The path with everything but the page, for links to other pages.
    pub(super) link: String,
}

fn error(status: u16, code: Option<&str>, message: &str) -> Answer {
    let names = [(400, "Bad Request"), (404, "Not Found"), (409, "Conflict")];
    let name = names
        .iter()
        .find(|(known, _)| *known == status)
        .map_or("Error", |(_, name)| name);
    let mut body =
        json!({"httpStatus": name, "httpStatusCode": status, "status": "ERROR", "message": message});
    if let Some(code) = code {
        body["errorCode"] = code.into();
    }
    (status, body)
}

impl Asked<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    fn edition(&self) -> Edition {
        self.world.edition
    }

    /// What the version answers, with a fault of the rows if one was ordered.
    pub(super) fn answer(&self, fault: Option<&Fault>) -> Answer {
        self.answered(fault).unwrap_or_else(|refusal| refusal)
    }

    fn answered(&self, fault: Option<&Fault>) -> Result<Answer, Answer> {
        let rows = self.rows()?;
        let mut found = self.in_units(rows, self.chosen(rows)?)?;
        self.put_in_order(rows, &mut found)?;
        let page = self.page()?;
        if fault == Some(&Fault::Nobody) {
            found.clear();
        }
        let total = found.len();
        let (start, size) = page.map_or((0, total), |(page, size)| ((page - 1) * size, size));
        let shown = found.get(start..).unwrap_or_default();
        let mut shown = shown[..shown.len().min(size)].to_vec();
        if self.edition() == Edition::V40 && self.people && self.get("order") == Some("enrolledAt:asc") {
            shown.truncate(size / 2);
        }
        match fault {
            Some(Fault::Short(missing)) => shown.truncate(shown.len().saturating_sub(*missing)),
            Some(Fault::Doubled) => shown.extend(shown.clone()),
            _ => {}
        }
        let fields = Fields::parse(self.get("fields").unwrap_or("*"));
        let rows = shown.into_iter().map(|at| fields.of(&rows.row(at).row)).collect();
        Ok((200, self.envelope(rows, page, total)))
    }

    /// The rows of the program.
    fn rows(&self) -> Result<&Rows, Answer> {
        let old = self.edition().is_old();
        let Some(program) = self.get("program") else {
            let status = if old { 409 } else { 400 };
            let code = (!old).then_some("E1003");
            return Err(error(
                status,
                code,
                "Either Program or Tracked entity type should be specified",
            ));
        };
        let lists = if self.people {
            &self.world.people
        } else {
            &self.world.enrollments
        };
        let unknown = format!("Program is specified but does not exist: {program}");
        lists
            .get(program)
            .ok_or_else(|| error(400, Some("E1003"), &unknown))
    }

    /// Rows by what is asked of them: changes, ids, whether they are deleted.
    fn chosen(&self, rows: &Rows) -> Result<Vec<usize>, Answer> {
        let since = self.since()?;
        let within = self.get("updatedWithin").is_some();
        let deleted = self.is_true("includeDeleted");
        let (name, separator) = match self.edition() {
            Edition::Published | Edition::V40 => ("trackedEntity", ';'),
            _ => ("trackedEntities", ','),
        };
        let ids: Option<Vec<&str>> = self
            .get(name)
            .map(|ids| ids.split([separator, ';', ',']).collect());
        let fits = |at: &usize| {
            if since.as_ref().is_some_and(|since| rows.updated(*at) < *since) {
                return false;
            }
            if rows.are_made() && ids.is_none() {
                return true;
            }
            let person = rows.row(*at);
            // 2.40 never lists deleted people within a time.
            let is_shown = !person.deleted || deleted && !(self.edition().is_old() && self.people && within);
            let has_id = |ids: &Vec<&str>| ids.iter().any(|id| person.row["trackedEntity"] == **id);
            is_shown && ids.as_ref().is_none_or(has_id)
        };
        Ok((0..rows.count()).filter(fits).collect())
    }

    /// From when on changes are listed.
    fn since(&self) -> Result<Option<String>, Answer> {
        let (within, after) = (self.get("updatedWithin"), self.get("updatedAfter"));
        let status = if self.edition().is_old() { 409 } else { 400 };
        match (within, after) {
            (Some(_), Some(_)) => Err(error(
                status,
                None,
                "Last updated from and/or to and last updated duration cannot be specified simultaneously",
            )),
            (Some(within), None) => {
                let unreadable = || error(status, None, &format!("Duration is not valid: {within}"));
                let since = self.before(within).ok_or_else(unreadable)?;
                Ok(Some(since))
            }
            (None, Some(after)) if after.get(..10).and_then(|day| day.parse::<Date>().ok()).is_none() => {
                let message = format!("Value '{after}' is not valid for parameter updatedAfter");
                Err(error(400, None, &message))
            }
            // 2.40 cuts off the time of day.
            (None, Some(after)) if self.edition().is_old() => Ok(Some(after.chars().take(10).collect())),
            (None, after) => Ok(after.map(str::to_owned)),
        }
    }

    /// The server's time less a duration such as `300s`.
    fn before(&self, within: &str) -> Option<String> {
        let (number, unit) = within.split_at(within.len().checked_sub(1)?);
        let number: i64 = number.parse().ok()?;
        let seconds = match unit {
            "s" => number,
            "m" => number.checked_mul(60)?,
            "h" => number.checked_mul(3_600)?,
            "d" => number.checked_mul(86_400)?,
            _ => return None,
        };
        let now: DateTime = self.world.now.parse().ok()?;
        let since = now.checked_sub(seconds.seconds()).ok()?;
        Some(since.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string())
    }

    /// Rows in the organisation units that are asked for, by the parameters that the version reads.
    fn in_units(&self, rows: &Rows, found: Vec<usize>) -> Result<Vec<usize>, Answer> {
        let edition = self.edition();
        let units = match edition {
            Edition::Published | Edition::V40 => self.get("orgUnit"),
            Edition::V41 => self.get("orgUnits").or_else(|| self.get("orgUnit")),
            Edition::V42 => self.get("orgUnits"),
        };
        let mode = match edition {
            Edition::Published | Edition::V40 => self.get("ouMode"),
            Edition::V41 => self.get("orgUnitMode").or_else(|| self.get("ouMode")),
            Edition::V42 => self.get("orgUnitMode"),
        };
        if edition == Edition::V41 && self.get("orgUnitMode").is_some() && self.get("ouMode").is_some() {
            return Err(error(
                400,
                None,
                "Only one parameter of 'ouMode' and 'orgUnitMode' must be specified",
            ));
        }
        let modes = [
            "SELECTED",
            "CHILDREN",
            "DESCENDANTS",
            "ACCESSIBLE",
            "CAPTURE",
            "ALL",
        ];
        if mode.is_some_and(|mode| !modes.contains(&mode)) {
            return Err(error(
                400,
                None,
                "Value is not valid for the organisation unit mode",
            ));
        }
        let Some(units) = units else {
            return self.without_unit(mode, found);
        };
        if edition.is_old() && units.contains(',') {
            return Err(error(400, Some("E1003"), "Organisation unit does not exist"));
        }
        if self.get("orgUnits").is_some() && units.contains(';') && !edition.is_old() {
            return Err(error(
                400,
                None,
                "UID must be an alphanumeric string of 11 characters starting with a letter",
            ));
        }
        let unknown = |unit: &str| {
            error(
                400,
                Some("E1003"),
                &format!("Organisation unit does not exist: {unit}"),
            )
        };
        let paths: Vec<&str> = units
            .split([';', ','])
            .map(|unit| self.world.path(unit).ok_or_else(|| unknown(unit)))
            .collect::<Result<_, _>>()?;
        if matches!(mode, Some("ACCESSIBLE" | "CAPTURE" | "ALL")) {
            return match (edition.is_old(), self.people || mode == Some("ACCESSIBLE")) {
                (false, _) => Err(error(
                    400,
                    Some("E1003"),
                    "orgUnitMode cannot be used with orgUnits",
                )),
                (true, true) => Ok(found),
                (true, false) => Ok(Vec::new()),
            };
        }
        if rows.are_made() {
            return Ok(found);
        }
        let lies_in = |person: &Person| {
            let below = |path: &&str| {
                person.path == **path
                    || mode == Some("DESCENDANTS") && person.path.starts_with(&format!("{path}/"))
            };
            person.deleted || paths.iter().any(below)
        };
        Ok(found.into_iter().filter(|at| lies_in(&rows.row(*at))).collect())
    }

    fn without_unit(&self, mode: Option<&str>, found: Vec<usize>) -> Result<Vec<usize>, Answer> {
        match (self.edition().is_old(), mode) {
            (true, Some("CAPTURE")) if !self.people => {
                Err(error(409, None, "At least one organisation unit is needed"))
            }
            (_, Some("ACCESSIBLE" | "CAPTURE" | "ALL")) | (false, None) => Ok(found),
            (true, _) => Err(error(
                409,
                None,
                "At least one organisation unit must be specified",
            )),
            (false, Some(_)) => Err(error(
                400,
                Some("E1003"),
                "At least one org unit is required for this orgUnitMode",
            )),
        }
    }

    fn put_in_order(&self, rows: &Rows, found: &mut [usize]) -> Result<(), Answer> {
        let Some(order) = self.get("order") else {
            return Ok(());
        };
        let edition = self.edition();
        for one in order.split(',') {
            let (field, direction) = one.split_once(':').unwrap_or((one, "asc"));
            if !edition.is_old() && !matches!(direction, "asc" | "desc") {
                return Err(error(
                    400,
                    None,
                    &format!("'{direction}' is not a valid sort direction"),
                ));
            }
            self.may_order_by(field)?;
        }
        let (field, direction) = order.split_once(':').unwrap_or((order, "asc"));
        if !rows.are_made() {
            let key = |at: &usize| rows.row(*at).row[field].as_str().unwrap_or_default().to_owned();
            found.sort_by_cached_key(key);
        }
        if direction == "desc" {
            found.reverse();
        }
        Ok(())
    }

    fn may_order_by(&self, field: &str) -> Result<(), Answer> {
        let dates = [
            "createdAt",
            "createdAtClient",
            "updatedAt",
            "updatedAtClient",
            "enrolledAt",
        ];
        let of_people = ["trackedEntity", "inactive"];
        let of_enrollments = ["completedAt"];
        let of_old_enrollments = ["trackedEntity", "enrollment", "status"];
        let (people, edition) = (self.people, self.edition());
        let is_uid = people && field.len() == 11 && !of_enrollments.contains(&field);
        let is_known = dates.contains(&field)
            || people && of_people.contains(&field)
            || is_uid
                && field
                    .chars()
                    .any(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            || !people && of_enrollments.contains(&field)
            || !people && edition.is_old() && of_old_enrollments.contains(&field);
        if !is_known {
            let status = if edition.is_old() && !people { 409 } else { 400 };
            return Err(error(
                status,
                None,
                &format!("order by field '{field}' is not supported"),
            ));
        }
        let is_ambiguous = edition == Edition::V42 && !people && matches!(field, "updatedAt" | "createdAt");
        if is_ambiguous {
            return Err(error(
                409,
                None,
                &format!("ERROR: column reference \"{field}\" is ambiguous"),
            ));
        }
        Ok(())
    }

    /// Page and size; nothing for all rows at once.
    fn page(&self) -> Result<Option<(usize, usize)>, Answer> {
        let edition = self.edition();
        let all_at_once = match edition {
            Edition::Published | Edition::V40 => self.is_true("skipPaging"),
            Edition::V41 => self.is_true("skipPaging") || self.get("paging") == Some("false"),
            Edition::V42 => self.get("paging") == Some("false"),
        };
        let names = ["page", "pageSize", "totalPages"];
        if all_at_once && !edition.is_old() && names.iter().any(|name| self.get(name).is_some()) {
            return Err(error(
                400,
                Some("E1003"),
                "Paging cannot be skipped with page, pageSize or totalPages",
            ));
        }
        let number = |name: &str, otherwise: i64| match self.get(name).map(str::parse::<i64>) {
            None => Ok(otherwise),
            Some(Ok(number)) => Ok(number),
            Some(Err(_)) => Err(error(
                400,
                None,
                &format!("Value is not valid for parameter {name}. It should be of type Integer"),
            )),
        };
        let (page, size) = (number("page", 1)?, number("pageSize", 50)?);
        if edition.is_old() {
            return match size {
                ..0 if !self.people => Err(error(400, None, "LIMIT must not be negative")),
                _ if all_at_once => Ok(None),
                ..0 => Ok(Some((1, 50))),
                size => Ok(Some((unsigned(page.max(1)), unsigned(size)))),
            };
        }
        if page < 1 || size < 1 {
            return Err(error(
                400,
                Some("E1003"),
                "page and pageSize must be greater than zero",
            ));
        }
        Ok((!all_at_once).then_some((unsigned(page), unsigned(size))))
    }

    fn envelope(&self, rows: Vec<Value>, page: Option<(usize, usize)>, total: usize) -> Value {
        let kind = match (self.edition().is_old(), self.people) {
            (true, _) => "instances",
            (_, true) => "trackedEntities",
            (_, false) => "enrollments",
        };
        let Some((page, size)) = page else {
            return json!({ kind: rows });
        };
        let with_totals = self.is_true("totalPages");
        let pages = total.div_ceil(size.max(1)).max(1);
        let mut paging = Map::new();
        // 2.40 says page 1 of people's lists, whichever it is; past the end it says the last one.
        let said: Value = match (self.edition().is_old(), self.people, with_totals) {
            (true, true, false) => 1.into(),
            (true, _, true) => page.min(pages).into(),
            // Of enrollments it repeats whatever it was asked for.
            (true, false, false) => self
                .get("page")
                .and_then(|page| page.parse::<i64>().ok())
                .unwrap_or(1)
                .into(),
            (false, ..) => page.into(),
        };
        paging.insert("page".into(), said);
        paging.insert("pageSize".into(), size.into());
        if with_totals {
            paging.insert("total".into(), total.into());
            paging.insert("pageCount".into(), pages.into());
        }
        let mut body = Map::new();
        if self.edition() == Edition::V42 {
            let link = |page: usize| Value::String(format!("{}&page={page}", self.link));
            if page > 1 {
                paging.insert("prevPage".into(), link(page - 1));
            }
            if page < pages {
                paging.insert("nextPage".into(), link(page + 1));
            }
        } else {
            body = paging.clone();
        }
        if !self.edition().is_old() {
            body.insert("pager".into(), Value::Object(paging));
        }
        body.insert(kind.into(), rows.into());
        Value::Object(body)
    }
}

fn unsigned(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
