//! What is at the target, gone through beside the source: both are sorted.

use std::collections::BTreeMap;

use super::conflict::Facts;
use super::list::{Batches, Listed};

/// What is at the target.
pub(super) struct There {
    batches: Batches,
    batch: std::vec::IntoIter<Listed>,
    ahead: Option<Listed>,
    /// What the source did not name so far.
    passed: BTreeMap<String, Listed>,
    keeps_passed: bool,
    last: String,
}

impl There {
    /// What a listing finds. What the source did not name is kept where it is asked for at the end.
    pub(super) fn new(batches: Batches, keeps_passed: bool) -> Self {
        Self {
            batches,
            batch: Vec::new().into_iter(),
            ahead: None,
            passed: BTreeMap::new(),
            keeps_passed,
            last: String::new(),
        }
    }

    /// What is there under this name, and whether the name came late, so that it was passed before.
    pub(super) async fn seek(&mut self, name: &str) -> (Option<Facts>, bool) {
        let is_late = name < self.last.as_str();
        if !is_late {
            name.clone_into(&mut self.last);
        }
        while let Some(listed) = self.next().await {
            if listed.name.as_str() > name {
                self.ahead = Some(listed);
                break;
            }
            if listed.name == name {
                return (Some(listed.facts), false);
            }
            if self.keeps_passed {
                self.passed.insert(listed.name.clone(), listed);
            }
        }
        // A source that is not sorted as the target is names something late.
        (self.passed.remove(name).map(|listed| listed.facts), is_late)
    }

    /// What the source did not name.
    pub(super) async fn rest(mut self) -> Vec<Listed> {
        if !self.keeps_passed {
            return Vec::new();
        }
        while let Some(listed) = self.next().await {
            self.passed.insert(listed.name.clone(), listed);
        }
        self.passed.into_values().collect()
    }

    async fn next(&mut self) -> Option<Listed> {
        if let Some(listed) = self.ahead.take().or_else(|| self.batch.next()) {
            return Some(listed);
        }
        loop {
            self.batch = self.batches.recv().await?.into_iter();
            if let Some(listed) = self.batch.next() {
                return Some(listed);
            }
        }
    }
}
