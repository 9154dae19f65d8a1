//! Columns of true and false.

use crate::profile::{ColumnProfile, Scalar, TopValue};

/// How many values are false and true.
#[derive(Debug, Default)]
pub(super) struct Booleans {
    counts: [u64; 2],
}

impl Booleans {
    pub(super) fn add(&mut self, counts: [u64; 2]) {
        for (own, more) in self.counts.iter_mut().zip(counts) {
            *own += more;
        }
    }

    pub(super) fn finish(&self, profile: &mut ColumnProfile) {
        let count = |value: bool| self.counts[usize::from(value)];
        let mut present = [false, true].into_iter().filter(|value| count(*value) > 0);
        profile.distinct = present.clone().count() as u64;
        profile.min = present.clone().next().map(Scalar::Boolean);
        profile.max = present.clone().next_back().map(Scalar::Boolean);
        profile.top = present
            .by_ref()
            .map(|value| TopValue {
                value: value.to_string(),
                count: count(value),
            })
            .collect();
        // "false" stands first when both are as frequent.
        profile.top.sort_by_key(|top| std::cmp::Reverse(top.count));
    }
}
