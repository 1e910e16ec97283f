// Plain net/http and html/template: the sessions are in a map behind an RWMutex, under the random id in the cookie.
//
//	GO111MODULE=off go build -o shop scripts/benchmark/peers/go/main.go && PORT=3000 ./shop
package main

import (
	"log"
	"net/http"
	"net/url"
	"os"
	"sync"

	"../shared"
)

const cookieName = "session"

var (
	mutex    sync.RWMutex
	sessions = map[string]shared.Session{}
)

func findSession(r *http.Request) (session shared.Session, found bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return session, false
	}
	mutex.RLock()
	defer mutex.RUnlock()
	session, found = sessions[cookie.Value]
	return session, found
}

func login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.PostFormValue("password") != shared.Password {
		http.Error(w, "wrong password", http.StatusUnprocessableEntity)
		return
	}
	id := shared.Token()
	mutex.Lock()
	sessions[id] = shared.NewSession(r.PostFormValue("email"))
	mutex.Unlock()
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, "/checkout", http.StatusSeeOther)
}

func checkout(w http.ResponseWriter, r *http.Request) {
	session, found := findSession(r)
	if !found {
		http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := shared.WriteCheckout(w, session); err != nil {
		log.Print(err)
	}
}

func main() {
	http.HandleFunc("/login", login)
	http.HandleFunc("/checkout", checkout)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
