//! Values that cannot be printed or serialized by accident.
