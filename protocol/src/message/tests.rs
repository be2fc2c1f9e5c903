//! What the envelope says about messages it can and cannot read.
