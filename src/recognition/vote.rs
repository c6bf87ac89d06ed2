//! The vote of a round.

crate::row_id! {
    /// One vote.
    VoteId,
}
