//! What the formats of other learning systems have in common: XML within limits, marked-up text, weighted
//! answers, tags, names that may be codes.

pub(super) mod answers;
pub(super) mod flow;
pub(super) mod html;
pub(super) mod names;
pub(super) mod tags;
pub(super) mod xml;
