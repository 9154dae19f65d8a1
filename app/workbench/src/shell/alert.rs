//! News of endpoints: each alert is told once, when it is new.

use aloft_base::endpoint::health::State;

use crate::library::Library;
use crate::widget::Tone;

use super::toast::Toasts;

/// Which alerts were told.
#[derive(Debug, Default)]
pub(crate) struct Alerts {
    /// The newest that was told; `None` before the workspace was read.
    told: Option<i64>,
}

impl Alerts {
    /// Tells what came since the last call. What was there when the window opened is listed on Home.
    pub(crate) fn tell(&mut self, library: &Library, toasts: &mut Toasts) {
        let newest = library.alerts().last().map_or(0, |alert| alert.seq);
        let told = *self.told.get_or_insert(newest);
        for alert in library.alerts().iter().filter(|alert| alert.seq > told) {
            let name = library
                .endpoint(&alert.endpoint)
                .map_or(alert.endpoint.as_str(), |endpoint| endpoint.name.as_str());
            let tone = match alert.after {
                State::Healthy => Tone::Good,
                State::Down => Tone::Bad,
                State::Degraded | State::Unknown => Tone::Warning,
            };
            toasts.tell(tone, &format!("{name} is {}", alert.after.as_str()), &alert.reason);
        }
        self.told = Some(told.max(newest));
    }
}
