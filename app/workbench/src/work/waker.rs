//! Waking the window from another thread, without that thread knowing of egui.

use std::sync::Arc;
use std::task::{Wake, Waker};

struct Repaint(egui::Context);

impl Wake for Repaint {
    fn wake(self: Arc<Self>) {
        self.0.request_repaint();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.request_repaint();
    }
}

/// A waker that asks the window for one more frame.
pub fn repaint_waker(ctx: &egui::Context) -> Waker {
    Waker::from(Arc::new(Repaint(ctx.clone())))
}
