# Vérification publique. Des phrases courtes, pour un agent de santé que des gens attendent : ce que c'est, puis que faire.

valid = Valable
valid-says = Cette carte est authentique et en vigueur.
valid-next = La carte est bonne. Vérifiez qu'elle est bien celle de la personne devant vous, comme le demande votre programme : le nom dit à voix haute, ou une photo.

revoked = Annulée
revoked-says = Cette carte ne compte plus.
revoked-next = N'acceptez pas cette carte. Demandez-en une plus récente ; sinon, envoyez la personne au bureau d'enregistrement.

expired = Périmée
expired-says = Cette carte est authentique, mais sa durée est passée.
expired-next = N'acceptez pas cette carte. Envoyez la personne au bureau d'enregistrement pour une nouvelle carte.

blank = Pas encore remise
blank-says = Cette carte est authentique, mais elle n'est encore à personne.
blank-next = Enregistrez d'abord la personne, puis remettez-lui cette carte dans l'application.

unknown = Inconnue
unknown-says = Ce code n'est pas une carte que nous connaissons.
unknown-next = Scannez encore une fois, à la lumière. Si elle reste inconnue, elle ne prouve rien : faites comme pour une personne sans carte.

forged = Fausse
forged-says = Cette carte n'a pas été faite par nous.
forged-next = N'acceptez pas cette carte. Notez où elle a été montrée et prévenez votre superviseur.

busy = Un instant
busy-says = Cette vérification a été demandée trop souvent.
busy-next = Attendez une minute, puis scannez à nouveau. L'application de votre téléphone vérifie les cartes sans attendre et sans réseau.

later = Pas maintenant
later-says = Les cartes ne peuvent pas être vérifiées ici pour le moment.
later-next = Réessayez dans quelques minutes. L'application de votre téléphone vérifie les cartes sans réseau.

issued = Délivrée le
last-day = Valable jusqu'au
last-day-was = Valable jusqu'au
revoked-on = Annulée le
next = Que faire maintenant
checked = Vérifiée le { $day } à { $time } UTC
privacy = Cette page ne dit jamais à qui est la carte.
other-language = English

date = { $day } { $month } { $year }
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
