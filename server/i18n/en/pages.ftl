# Public verification. Short sentences for a health worker who has people waiting: what it is, then what to do.

valid = Valid
valid-says = This card is genuine and in force.
valid-next = The card is good. Check that it belongs to the person before you, the way your programme asks: the name said aloud, or a photo.

revoked = Revoked
revoked-says = This card no longer counts.
revoked-next = Do not serve with this card. Ask for a newer one; without one, send the person to the registration desk.

expired = Expired
expired-says = This card is genuine, but its time is over.
expired-next = Do not serve with this card. Send the person to the registration desk for a new one.

blank = Not given out
blank-says = This card is genuine, but nobody holds it yet.
blank-next = Register the person first, and give them this card in the app.

unknown = Not known
unknown-says = This code is not a card that we know.
unknown-next = Scan it once more, in good light. If it stays unknown, it proves nothing: do as your programme says for a person without a card.

forged = Forged
forged-says = This card was not made by us.
forged-next = Do not serve with this card. Note where it was shown and tell your supervisor.

busy = One moment
busy-says = This was asked too often just now.
busy-next = Wait a minute, then scan again. The app on your phone checks cards without waiting, and without a network.

later = Not now
later-says = Cards cannot be checked here at the moment.
later-next = Try again in a few minutes. The app on your phone checks cards without a network.

issued = Issued
last-day = Good until
last-day-was = Was good until
revoked-on = Revoked on
next = What to do now
checked = Checked { $day }, { $time } UTC
privacy = This page never says whose card it is.
other-language = Français

date = { $day } { $month } { $year }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
