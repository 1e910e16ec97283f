// Package shared is what the two shops in Go have in common: the session's data, and the page that shows it.
package shared

import (
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
)

const Password = "a reef of quiet otters"

//go:embed checkout.go.html
var checkoutText string
var checkout = template.Must(template.New("checkout").Parse(checkoutText))

//go:embed catalogue.json
var catalogueText []byte
var catalogue = readCatalogue()

type cookie struct {
	Name  string
	Cents int
}

type Item struct {
	Cookie   string
	Quantity int
}

type Session struct {
	Email                 string
	Basket                []Item
	CsrfToken, OrderToken string
}

type line struct {
	Name     string
	Quantity int
	Price    string
}

type page struct {
	Session
	Lines []line
	Count int
	Total string
}

func readCatalogue() (cookies map[string]cookie) {
	if err := json.Unmarshal(catalogueText, &cookies); err != nil {
		panic(err)
	}
	return cookies
}

func Token() string {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(random)
}

func NewSession(email string) Session {
	return Session{
		Email:      email,
		Basket:     []Item{{"macaron", 2}, {"linzer", 2}, {"shortbread", 2}},
		CsrfToken:  Token(),
		OrderToken: Token(),
	}
}

func money(cents int) string {
	return fmt.Sprintf("$%d.%02d", cents/100, cents%100)
}

func WriteCheckout(w io.Writer, session Session) error {
	page := page{Session: session}
	total := 0
	for _, item := range session.Basket {
		cookie := catalogue[item.Cookie]
		price := cookie.Cents * item.Quantity
		page.Lines = append(page.Lines, line{cookie.Name, item.Quantity, money(price)})
		page.Count += item.Quantity
		total += price
	}
	page.Total = money(total)
	return checkout.Execute(w, page)
}
