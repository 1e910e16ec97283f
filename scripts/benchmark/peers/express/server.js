// Express with express-session, whose default MemoryStore keeps each session as JSON text, and EJS.
//
//   npm ci && NODE_ENV=production PORT=3000 node server.js
'use strict';

const { randomBytes } = require('node:crypto');
const path = require('node:path');
const express = require('express');
const session = require('express-session');
const { PASSWORD, newSession, checkoutPage } = require('../shared/checkout.js');

const app = express();
app.set('views', path.join(__dirname, '../shared'));
app.set('view engine', 'ejs'); // Express keeps the compiled template when NODE_ENV is production
app.use(
  session({
    secret: randomBytes(32).toString('hex'),
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax' },
  }),
);

const requireUser = (req, res, next) => {
  if (req.session.email) return next();
  res.redirect(303, `/login?next=${encodeURIComponent(req.originalUrl)}`);
};

app.post('/login', express.urlencoded(), (req, res, next) => {
  if (req.body.password !== PASSWORD) return res.sendStatus(422);
  req.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(req.session, newSession(req.body.email));
    res.redirect(303, '/checkout');
  });
});

app.get('/checkout', requireUser, (req, res) => {
  res.render('checkout', checkoutPage(req.session));
});

app.listen(process.env.PORT, '127.0.0.1');
