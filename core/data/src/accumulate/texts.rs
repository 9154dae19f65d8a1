//! Columns of texts, and of what is counted by its text.

use super::figures::top_of;
use super::writing::Writing;
use crate::count::TextCounter;
use crate::profile::{Approximate, ColumnProfile, Scalar};
use crate::sketch::{Distinct, of_bytes};

/// How much is kept to find frequent texts once there are too many to keep all.
const FREQUENT_BYTES: usize = 512 << 10;

/// Gathers texts.
#[derive(Debug)]
pub(super) struct Texts {
    count: u64,
    counter: TextCounter,
    /// From when on there were too many to keep all.
    sketch: Option<Box<Sketch>>,
}

#[derive(Debug)]
struct Sketch {
    distinct: Distinct,
    least: Vec<u8>,
    most: Vec<u8>,
    writing: Writing,
}

impl Texts {
    /// Keeps at most about so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self {
            count: 0,
            counter: TextCounter::new(room),
            sketch: None,
        }
    }

    pub(super) fn add(&mut self, text: &[u8]) {
        self.count += 1;
        match &mut self.sketch {
            None => {
                if self.counter.add(text) && self.counter.is_full() {
                    self.begin_sketch();
                }
            }
            Some(sketch) => {
                let hash = of_bytes(text);
                sketch.distinct.add(hash);
                self.counter.add_or_thin(text, hash, 1);
                sketch.writing.add(text);
                if text < &sketch.least[..] {
                    sketch.least = text.to_vec();
                } else if text > &sketch.most[..] {
                    sketch.most = text.to_vec();
                }
            }
        }
    }

    fn begin_sketch(&mut self) {
        let mut distinct = Distinct::default();
        self.counter.hashes().for_each(|hash| distinct.add(hash));
        let (least, most) = self.bounds();
        let writing = self.writing();
        self.sketch = Some(Box::new(Sketch {
            distinct,
            least,
            most,
            writing,
        }));
        self.counter.shrink(FREQUENT_BYTES);
    }

    /// How the texts that are kept are written.
    fn writing(&self) -> Writing {
        let mut writing = Writing::new();
        self.counter
            .iter()
            .for_each(|(text, count)| writing.add_often(text, count));
        writing
    }

    fn bounds(&self) -> (Vec<u8>, Vec<u8>) {
        if let Some(sketch) = &self.sketch {
            return (sketch.least.clone(), sketch.most.clone());
        }
        let texts = || self.counter.iter().map(|(text, _)| text);
        let (least, most) = (texts().min(), texts().max());
        (least.unwrap_or_default().to_vec(), most.unwrap_or_default().to_vec())
    }

    /// The figures of texts; `readable` says whether they are more than what stands for
    /// something else, and so have a smallest, a largest, lengths and shapes.
    pub(super) fn finish(self, profile: &mut ColumnProfile, readable: bool, text: impl Fn(&[u8]) -> String) {
        if self.count == 0 {
            return;
        }
        if readable {
            let (least, most) = self.bounds();
            profile.min = Some(Scalar::Text(text(&least)));
            profile.max = Some(Scalar::Text(text(&most)));
            profile.text = match &self.sketch {
                None => self.writing().finish(),
                Some(sketch) => sketch.writing.finish(),
            };
        }
        let missing = self.counter.missing();
        let mut entries: Vec<(&[u8], u64)> = self.counter.iter().collect();
        match &self.sketch {
            None => profile.distinct = self.counter.distinct(),
            Some(sketch) => {
                profile.distinct = sketch.distinct.estimate().min(self.count);
                profile.approximate = Some(Approximate {
                    distinct: true,
                    top: true,
                    ..Approximate::default()
                });
                // A text that was given up may stand there this often, so others are not told.
                entries.retain(|(_, count)| *count > missing);
                for (_, count) in &mut entries {
                    *count += missing;
                }
            }
        }
        profile.top = top_of(entries, Ord::cmp, |bytes| text(bytes));
    }
}
