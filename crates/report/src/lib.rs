//! Pages and pictures: the ladder report and the profile page
