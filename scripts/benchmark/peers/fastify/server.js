// Fastify with @fastify/session, whose default store keeps each session as an object in memory, and EJS.
//
//   npm ci && NODE_ENV=production PORT=3000 node server.js
'use strict';

const { randomBytes } = require('node:crypto');
const path = require('node:path');
const app = require('fastify')();
const { PASSWORD, newSession, checkoutPage } = require('../shared/checkout.js');

app.register(require('@fastify/formbody'));
app.register(require('@fastify/cookie'));
app.register(require('@fastify/session'), {
  secret: randomBytes(32).toString('hex'),
  saveUninitialized: false,
  rolling: false, // else every answer sets the cookie again, which none of the others does
  cookie: { secure: false, sameSite: 'lax' }, // secure is the default here, but this is plain HTTP
});
app.register(require('@fastify/view'), {
  engine: { ejs: require('ejs') },
  root: path.join(__dirname, '../shared'),
  viewExt: 'ejs', // the compiled template is kept when NODE_ENV is production
});

const requireUser = async (request, reply) => {
  if (!request.session.email) {
    return reply.redirect(`/login?next=${encodeURIComponent(request.url)}`, 303);
  }
};

app.post('/login', async (request, reply) => {
  if (request.body?.password !== PASSWORD) return reply.code(422).send();
  await request.session.regenerate();
  Object.assign(request.session, newSession(request.body.email));
  return reply.redirect('/checkout', 303);
});

app.get('/checkout', { preHandler: requireUser }, async (request, reply) =>
  reply.viewAsync('checkout', checkoutPage(request.session)),
);

app.listen({ port: process.env.PORT, host: '127.0.0.1' });
