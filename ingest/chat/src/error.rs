//! What can be wrong before a connector runs. What goes wrong later is a [`ChatState`](crate::ChatState).

/// Why options were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// A value that can't work.
    #[error("option {field}: {problem}")]
    Option {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}
