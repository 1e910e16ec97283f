"""Flask with Flask-Login: the session is Flask's signed cookie, the user comes from SQLite through SQLAlchemy.

    gunicorn --workers 1 --bind 127.0.0.1:3000 --pythonpath scripts/benchmark/peers/flask app:app

The database, flask.db, is made in the working directory.
"""

import json
import secrets
from pathlib import Path

from flask import Flask, abort, redirect, render_template, request, session, url_for
from flask_login import LoginManager, UserMixin, login_required, login_user
from flask_sqlalchemy import SQLAlchemy

PASSWORD = "a reef of quiet otters"
CATALOGUE = json.loads((Path(__file__).parents[1] / "shared/catalogue.json").read_text())

app = Flask(__name__)
app.config.update(
    SECRET_KEY=secrets.token_bytes(32),
    SESSION_COOKIE_SAMESITE="Lax",
    SQLALCHEMY_DATABASE_URI=f"sqlite:///{Path.cwd() / 'flask.db'}",
)
db = SQLAlchemy(app)
login_manager = LoginManager(app)


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(254), unique=True, nullable=False)


with app.app_context():
    db.create_all()


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    return db.session.get(User, int(user_id))


@login_manager.unauthorized_handler
def to_login():
    return redirect(url_for("login", next=request.path), 303)


def money(cents: int) -> str:
    return f"${cents / 100:.2f}"


@app.post("/login")
def login():
    if request.form["password"] != PASSWORD:
        abort(422)
    email = request.form["email"]
    user = db.session.execute(db.select(User).filter_by(email=email)).scalar_one_or_none()
    if user is None:
        user = User(email=email)
        db.session.add(user)
        db.session.commit()
    session.clear()
    login_user(user)
    session["basket"] = [["macaron", 2], ["linzer", 2], ["shortbread", 2]]
    session["csrf_token"] = secrets.token_urlsafe(16)
    session["order_token"] = secrets.token_urlsafe(16)
    return redirect(url_for("checkout"), 303)


@app.get("/checkout")
@login_required
def checkout():
    lines = []
    count = total = 0
    for cookie_id, quantity in session["basket"]:
        cookie = CATALOGUE[cookie_id]
        price = cookie["cents"] * quantity
        lines.append({"name": cookie["name"], "quantity": quantity, "price": money(price)})
        count += quantity
        total += price
    return render_template("checkout.html", lines=lines, count=count, total=money(total))
