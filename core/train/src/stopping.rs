//! When training has stopped to get better.

use serde::{Deserialize, Serialize};

/// Watches the validation loss for early stopping (Prechelt 1998).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stopping {
    /// The lowest validation loss, as its bits since JSON may round it, and its epoch, from 1.
    best: Option<(u64, u32)>,
}

impl Stopping {
    /// Takes in the validation loss after an epoch, from 1; answers whether it is the lowest so far.
    pub(crate) fn improves(&mut self, epoch: u32, loss: f64) -> bool {
        let better = self.best.is_none_or(|(lowest, _)| loss < f64::from_bits(lowest));
        if better {
            self.best = Some((loss.to_bits(), epoch));
        }
        better
    }

    /// Whether the last `patience` epochs brought nothing.
    pub(crate) fn is_over(&self, epoch: u32, patience: u32) -> bool {
        self.best.is_some_and(|(_, best)| epoch - best >= patience)
    }

    /// The epoch with the lowest validation loss.
    pub(crate) fn best_epoch(&self) -> Option<u32> {
        self.best.map(|(_, epoch)| epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_after_its_patience_without_a_lower_loss() {
        let mut stopping = Stopping::default();
        let losses = [1.0, 0.5, 0.6, 0.5, 0.7];
        let better: Vec<bool> = losses
            .iter()
            .zip(1..)
            .map(|(loss, epoch)| stopping.improves(epoch, *loss))
            .collect();
        assert_eq!(better, [true, true, false, false, false]);
        assert_eq!(stopping.best_epoch(), Some(2));
        assert!(!stopping.is_over(4, 3));
        assert!(stopping.is_over(5, 3));
    }
}
