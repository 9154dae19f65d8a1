//! How many days or times fall into each part of the calendar.

use std::collections::BTreeMap;

use crate::profile::{Calendar, CalendarUnit, TopValue};
use crate::sketch::Frequencies;
use crate::temporal::{date_text, year_month_day};

/// How much may be kept: room for the days of a century.
const ROOM: usize = 1 << 20;
/// How many parts are told at most.
const MOST_PARTS: i64 = 62;

/// Counts days.
#[derive(Debug)]
pub(super) struct Days {
    counts: Frequencies<i64>,
    /// How many units of the values a day has.
    per_day: i64,
    /// Whether there was room for all of them.
    is_whole: bool,
}

impl Days {
    pub(super) fn new(per_day: i64) -> Self {
        Self {
            counts: Frequencies::new(ROOM),
            per_day,
            is_whole: true,
        }
    }

    pub(super) fn add(&mut self, times: &[i64]) {
        if !self.is_whole {
            return;
        }
        let days: Vec<i64> = times.iter().map(|time| time.div_euclid(self.per_day)).collect();
        self.is_whole = self.counts.add_while_exact(&days) == days.len();
    }

    /// The counts by the largest part that shows more than a few, or nothing when there
    /// are too many of any.
    pub(super) fn finish(&self) -> Option<Calendar> {
        let days: BTreeMap<i64, u64> = self.counts.iter().collect();
        let (first, last) = (*days.keys().next()?, *days.keys().next_back()?);
        if !self.is_whole {
            return None;
        }
        let units = [
            CalendarUnit::Day,
            CalendarUnit::Month,
            CalendarUnit::Year,
            CalendarUnit::Decade,
        ];
        let fits = |unit: &CalendarUnit| part(last, *unit) - part(first, *unit) < MOST_PARTS;
        let unit = units.into_iter().find(fits)?;
        let mut counts = vec![0; (part(last, unit) - part(first, unit) + 1) as usize];
        for (day, count) in days {
            counts[(part(day, unit) - part(first, unit)) as usize] += count;
        }
        let named = (part(first, unit)..).zip(counts).map(|(part, count)| TopValue {
            value: name(part, unit),
            count,
        });
        Some(Calendar {
            unit,
            counts: named.collect(),
        })
    }
}

/// The number of the part of the calendar that a day since 1970 is in.
fn part(day: i64, unit: CalendarUnit) -> i64 {
    let (year, month, _) = year_month_day(day);
    match unit {
        CalendarUnit::Day => day,
        CalendarUnit::Month => year * 12 + month - 1,
        CalendarUnit::Year => year,
        CalendarUnit::Decade => year.div_euclid(10),
    }
}

fn name(part: i64, unit: CalendarUnit) -> String {
    match unit {
        CalendarUnit::Day => date_text(part),
        CalendarUnit::Month => format!("{:04}-{:02}", part.div_euclid(12), part.rem_euclid(12) + 1),
        CalendarUnit::Year => format!("{part:04}"),
        CalendarUnit::Decade => format!("{:04}s", part * 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(days: &[i64]) -> (CalendarUnit, Vec<(String, u64)>) {
        let mut counter = Days::new(10);
        let times: Vec<i64> = days.iter().map(|day| day * 10 + 3).collect();
        counter.add(&times);
        let calendar = counter.finish().unwrap();
        let counts = calendar.counts.into_iter().map(|part| (part.value, part.count));
        (calendar.unit, counts.collect())
    }

    #[test]
    fn the_smallest_parts_that_are_few_are_told_also_the_empty_ones() {
        let (unit, counts) = calendar(&[-1, 1, 1]);
        assert_eq!(unit, CalendarUnit::Day);
        let expected = [("1969-12-31", 1), ("1970-01-01", 0), ("1970-01-02", 2)];
        assert_eq!(counts, expected.map(|(day, count)| (day.to_owned(), count)));
        let (unit, counts) = calendar(&[0, 31, 364, 365]);
        assert_eq!((unit, counts.len()), (CalendarUnit::Month, 13));
        assert_eq!(
            (counts[0].clone(), counts[12].clone()),
            (("1970-01".to_owned(), 1), ("1971-01".to_owned(), 1))
        );
        let (unit, counts) = calendar(&[-40 * 365, 0]);
        assert_eq!((unit, counts[0].0.as_str()), (CalendarUnit::Year, "1930"));
        let (unit, counts) = calendar(&[-200 * 365, 0]);
        assert_eq!((unit, counts[0].0.as_str()), (CalendarUnit::Decade, "1770s"));
        assert!(Days::new(1).finish().is_none());
    }
}
