//! Rows as JSON: objects by column name, or lists in the model's order.

use super::columns::{Filler, Sink};
use super::failure::Failure;
use super::json::{Json, Shape};

/// The names under which a request may hold its rows.
const LISTS: [&str; 2] = ["rows", "instances"];

/// Reads `{"rows": […]}`, `{"instances": […]}`, a bare list of rows, or a single row.
pub(super) fn read<S: Sink>(body: &[u8], filler: &mut Filler<'_, S>) -> Result<(), Failure> {
    let mut json = Json::new(body)?;
    match json.shape()? {
        Shape::Scalar => return Err(json.refuse("rows are expected: an object or a list of them")),
        Shape::List => json.list(|json| row(json, filler))?,
        Shape::Object => envelope(&mut json, filler)?,
    }
    json.end()?;
    if filler.rows() == 0 {
        return Err(Failure::invalid("There are no rows in the request"));
    }
    Ok(())
}

/// An object is a row itself, unless it has a list of rows.
fn envelope<S: Sink>(json: &mut Json<'_>, filler: &mut Filler<'_, S>) -> Result<(), Failure> {
    let (mut is_row, mut is_list) = (false, false);
    let mut likely = 0;
    let both = || Failure::invalid("The request has both a row of its own and a list of rows, or two lists: send one");
    json.object(|json, key| {
        if LISTS.contains(&key.as_ref()) && json.shape()? == Shape::List {
            if is_row || is_list {
                return Err(both());
            }
            is_list = true;
            return json.list(|json| row(json, filler));
        }
        match filler.columns.find(&key, likely) {
            Some(_) if is_list => Err(both()),
            Some(place) => {
                if !is_row {
                    is_row = true;
                    filler.begin()?;
                }
                likely = place + 1;
                set(json, filler, place)
            }
            None => {
                if !is_list {
                    filler.pass_over(&key);
                }
                json.skip()
            }
        }
    })?;
    if is_list {
        return Ok(());
    }
    if !is_row {
        // Says which columns there are.
        filler.begin()?;
    }
    filler.end()
}

fn row<S: Sink>(json: &mut Json<'_>, filler: &mut Filler<'_, S>) -> Result<(), Failure> {
    filler.begin()?;
    let mut likely = 0;
    match json.shape()? {
        Shape::Object => json.object(|json, key| {
            if let Some(place) = filler.columns.find(&key, likely) {
                likely = place + 1;
                set(json, filler, place)
            } else {
                filler.pass_over(&key);
                json.skip()
            }
        })?,
        Shape::List => {
            let expected = filler.columns.len();
            let row = filler.rows();
            let wrong = |found: String| {
                Failure::invalid(format!(
                    "Row {row}: a row in the model's order has {expected} values, not {found}"
                ))
            };
            json.list(|json| {
                if likely >= expected {
                    return Err(wrong("more".to_owned()));
                }
                likely += 1;
                set(json, filler, likely - 1)
            })?;
            if likely < expected {
                return Err(wrong(likely.to_string()));
            }
        }
        Shape::Scalar => {
            return Err(Failure::invalid(format!(
                "Row {}: a row is an object by column name, or a list in the model's order",
                filler.rows()
            )));
        }
    }
    filler.end()
}

#[inline]
fn set<S: Sink>(json: &mut Json<'_>, filler: &mut Filler<'_, S>, place: usize) -> Result<(), Failure> {
    match json.shape()? {
        Shape::Scalar => {
            let value = json.scalar()?;
            filler.set(place, value.plain(filler.columns.kind(place)))
        }
        Shape::List => Err(filler.refuse(place, "a list")),
        Shape::Object => Err(filler.refuse(place, "an object")),
    }
}
