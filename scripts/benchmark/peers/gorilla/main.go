// net/http and html/template with gorilla/sessions, whose CookieStore keeps all of the session in its signed cookie.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o shop scripts/benchmark/peers/gorilla/main.go && PORT=3000 ./shop
package main

import (
	"encoding/gob"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"../shared"
)

const cookieName = "session"

var store = sessions.NewCookieStore(securecookie.GenerateRandomKey(32))

func login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.PostFormValue("password") != shared.Password {
		http.Error(w, "wrong password", http.StatusUnprocessableEntity)
		return
	}
	session, _ := store.New(r, cookieName) // an error is a cookie that is not ours: then this is an empty one
	session.Values["shop"] = shared.NewSession(r.PostFormValue("email"))
	if err := session.Save(r, w); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/checkout", http.StatusSeeOther)
}

func checkout(w http.ResponseWriter, r *http.Request) {
	session, _ := store.Get(r, cookieName)
	data, found := session.Values["shop"].(shared.Session)
	if !found {
		http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := shared.WriteCheckout(w, data); err != nil {
		log.Print(err)
	}
}

func main() {
	gob.RegisterName("shop.Session", shared.Session{}) // short, as the cookie has it too
	store.Options.HttpOnly = true
	store.Options.SameSite = http.SameSiteLaxMode
	http.HandleFunc("/login", login)
	http.HandleFunc("/checkout", checkout)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
