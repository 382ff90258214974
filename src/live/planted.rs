//! Mistakes that the simulator plants in the live path, to show that it would find them. No other build can make them.

/// A mistake in the live path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    /// Answers whose commit failed are acknowledged.
    AcknowledgedUnsaved,
    /// A replica that was told of a later `seq` tells those who come an earlier one.
    BackInTime,
    /// What the log gained while it was read is passed over.
    EventsSkipped,
    /// A hint's `seq` is taken for the game's.
    HintBelieved,
    /// Nobody looks at the database but for a hint.
    ResyncSkipped,
    /// Whose seat moved stays.
    RevokedStay,
    /// A round ends before its answers are read.
    RoundEndedEarly,
    /// A step that others were ahead of is taken all the same.
    StaleIgnored,
    /// A step whose reply was lost is taken again.
    StepRepeated,
}

#[cfg(not(test))]
pub(super) const fn is(_: Bug) -> bool {
    false
}

#[cfg(test)]
pub(super) use planting::{is, plant};

#[cfg(test)]
mod planting {
    use super::Bug;
    use std::cell::Cell;

    thread_local!(static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) });

    pub(in crate::live) fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Plants a mistake in whatever runs on this thread.
    pub(in crate::live) fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }
}
