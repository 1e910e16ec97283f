// What the Express and the Fastify shop have in common: the session's data, and what checkout.ejs shows of
// it.
'use strict';

const { randomBytes } = require('node:crypto');
const catalogue = require('./catalogue.json');

const token = () => randomBytes(16).toString('base64url');
const money = (cents) => `$${(cents / 100).toFixed(2)}`;

exports.PASSWORD = 'a reef of quiet otters';

exports.newSession = (email) => ({
  email,
  basket: { macaron: 2, linzer: 2, shortbread: 2 },
  csrfToken: token(),
  orderToken: token(),
});

exports.checkoutPage = ({ email, basket, csrfToken, orderToken }) => {
  let count = 0;
  let total = 0;
  const lines = Object.entries(basket).map(([id, quantity]) => {
    const { name, cents } = catalogue[id];
    count += quantity;
    total += cents * quantity;
    return { name, quantity, price: money(cents * quantity) };
  });
  return { email, lines, count, total: money(total), csrfToken, orderToken };
};
